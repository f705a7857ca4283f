namespace Switchyard.Checking;

/// <summary>What came of trying a provider out.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model it was tried with; null when there was none to choose.</param>
/// <param name="Probes">One result a probe, in the order they were made.</param>
public sealed record ProviderCheckReport(string Provider, string? Model, IReadOnlyList<ProbeResult> Probes)
{
    /// <summary>Whether the provider answered a chat: without that it is of no use.</summary>
    public bool CanChat => Probes.Any(probe => probe is { Probe: ProbeNames.Chat, Outcome: ProbeOutcome.Yes });
}

/// <summary>What came of one probe.</summary>
/// <param name="Probe">Its name, from <see cref="ProbeNames"/>.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Detail">Why not, or what was seen; null when there is nothing to say. Holds no key and no internal address.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record ProbeResult(string Probe, ProbeOutcome Outcome, string? Detail, TimeSpan Elapsed);

/// <summary>What may come of a probe.</summary>
public enum ProbeOutcome
{
    /// <summary>It works.</summary>
    Yes,

    /// <summary>It does not.</summary>
    No,

    /// <summary>It was not tried.</summary>
    Skipped,
}

/// <summary>The names of the probes.</summary>
public static class ProbeNames
{
    /// <summary>It answers at all, be it with a refusal.</summary>
    public const string Reachable = "reachable";

    /// <summary>It lists its models.</summary>
    public const string List = "list";

    /// <summary>It answers a chat.</summary>
    public const string Chat = "chat";

    /// <summary>It answers in pieces.</summary>
    public const string Stream = "stream";

    /// <summary>A stream says what it has used.</summary>
    public const string StreamUsage = "stream_usage";

    /// <summary>It calls a tool.</summary>
    public const string Tools = "tools";

    /// <summary>It calls two tools in one answer.</summary>
    public const string ParallelTools = "parallel_tools";

    /// <summary>It keeps to a JSON schema.</summary>
    public const string JsonSchema = "json_schema";

    /// <summary>It reasons when asked to.</summary>
    public const string Reasoning = "reasoning";

    /// <summary>It stops where it is told to.</summary>
    public const string Stop = "stop";
}

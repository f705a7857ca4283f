namespace Switchyard.Checking;

/// <summary>The results of probing a provider.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model the requests went to; null if none could be chosen.</param>
/// <param name="Probes">One result per probe, in the order they were made.</param>
internal sealed record ProviderCheckReport(string Provider, string? Model, IReadOnlyList<ProbeResult> Probes)
{
    /// <summary>Whether the provider answered a chat.</summary>
    public bool CanChat => Probes.Any(probe => probe is { Probe: ProbeNames.Chat, Outcome: ProbeOutcome.Yes });
}

/// <summary>The result of one probe.</summary>
/// <param name="Probe">Its name, from <see cref="ProbeNames"/>.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Detail">The reason or the observation; null if there is nothing to add. Holds no key and no internal address.</param>
/// <param name="Elapsed">The duration.</param>
internal sealed record ProbeResult(string Probe, ProbeOutcome Outcome, string? Detail, TimeSpan Elapsed);

/// <summary>The outcomes of a probe.</summary>
internal enum ProbeOutcome
{
    /// <summary>It works.</summary>
    Yes,

    /// <summary>It does not work.</summary>
    No,

    /// <summary>It was not run.</summary>
    Skipped,
}

/// <summary>The names of the probes.</summary>
internal static class ProbeNames
{
    /// <summary>It answers at all, even with an error.</summary>
    public const string Reachable = "reachable";

    /// <summary>It lists its models.</summary>
    public const string List = "list";

    /// <summary>It answers a chat.</summary>
    public const string Chat = "chat";

    /// <summary>It streams an answer.</summary>
    public const string Stream = "stream";

    /// <summary>A stream reports its usage.</summary>
    public const string StreamUsage = "stream_usage";

    /// <summary>It calls a tool.</summary>
    public const string Tools = "tools";

    /// <summary>It calls two tools in one answer.</summary>
    public const string ParallelTools = "parallel_tools";

    /// <summary>It follows a JSON schema.</summary>
    public const string JsonSchema = "json_schema";

    /// <summary>It reasons on request.</summary>
    public const string Reasoning = "reasoning";

    /// <summary>It stops at a stop sequence.</summary>
    public const string Stop = "stop";
}

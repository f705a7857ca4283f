using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing.Portkey;

/// <summary>
/// A gateway config of Portkey: a tree of strategies and targets. The config has no name, so the command line names the alias that
/// clients call.
/// </summary>
internal sealed partial class PortkeyImporter : IImporter
{
    public string Name => "portkey";

    public string Product => "Portkey";

    public SourceFormat Format => SourceFormat.Json;

    public bool FoldsCase => true;

    /// <summary>Portkey has no references to variables; these are the forms of common template tools.</summary>
    [GeneratedRegex(@"^\s*(\$\{|\{\{\s*)(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex EnvironmentName { get; }

    public Regex Reference => EnvironmentName;

    public IReadOnlyList<string> Marks { get; } =
    [
        "strategy", "targets", "provider", "virtual_key", "retry", "override_params", "api_key", "custom_host", "cache", "request_timeout",
        "input_guardrails", "output_guardrails",
    ];

    public MappingTable Table => PortkeyTable.Table;

    public void Map(ImportJob job)
    {
        var targets = new PortkeyTargets(job);
        targets.Add(job.Name, new PortkeyScope(job.Root, null));
        if (job.Root["retry"]?["attempts"] is { } attempts)
            job.Put(attempts, Form.Tries, "retry", "attempts");
        if (job.Root["cache"] is { Kind: SourceKind.Map } cache)
            PortkeyTargets.Cache(job, cache, job.Draft.At("cache"));
        Circuit(job, job.Root["strategy"]?["cb_config"] ?? job.Root["cb_config"]);
    }

    private static void Circuit(ImportJob job, SourceNode? circuit)
    {
        job.Put(circuit?["failure_threshold"], Form.Count, "circuit", "failures");
        job.Put(circuit?["minimum_requests"], Form.Count, "circuit", "minimum");
        job.Put(circuit?["cooldown_interval"], Form.Milliseconds, "circuit", "open");
        if (circuit?["failure_threshold_percentage"] is { } share && job.Value(share, Form.Count) is { } percent)
        {
            job.Claim(share);
            job.Draft.At("circuit", "ratio").Set($"{percent}%", share);
        }
    }
}

/// <summary>A config or a target with its ancestors, whose settings apply unless it has its own.</summary>
internal sealed record PortkeyScope(SourceNode Node, PortkeyScope? Around)
{
    public SourceNode? this[string name] => Node[name] ?? Around?[name];

    /// <summary>A parameter that overrides the request's.</summary>
    public SourceNode? Parameter(string name) => Node["override_params"]?[name] ?? Around?.Parameter(name);
}

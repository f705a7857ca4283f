using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>The <c>config.yaml</c> of a LiteLLM proxy.</summary>
internal sealed partial class LiteLlmImporter : IImporter
{
    public string Name => "litellm";

    public string Product => "LiteLLM";

    public SourceFormat Format => SourceFormat.Yaml;

    public bool FoldsCase => false;

    [GeneratedRegex(@"^\s*os\.environ/(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex EnvironmentName { get; }

    public Regex Reference => EnvironmentName;

    public IReadOnlyList<string> Marks { get; } = ["model_list", "litellm_settings", "router_settings", "general_settings"];

    public MappingTable Table => LiteLlmTable.Table;

    public void Map(ImportJob job)
    {
        var deployments = new LiteLlmDeployments(job);
        var groups = deployments.Map();
        new LiteLlmRouting(job, groups, deployments.Wildcard).Map();
        new LiteLlmSettings(job).Map();
    }
}

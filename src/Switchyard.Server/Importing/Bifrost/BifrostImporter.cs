using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing.Bifrost;

/// <summary>The <c>config.json</c> of Bifrost.</summary>
internal sealed partial class BifrostImporter : IImporter
{
    public string Name => "bifrost";

    public string Product => "Bifrost";

    public SourceFormat Format => SourceFormat.Json;

    public bool FoldsCase => false;

    [GeneratedRegex(@"^\s*env\.(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex EnvironmentName { get; }

    public Regex Reference => EnvironmentName;

    public IReadOnlyList<string> Marks { get; } =
        ["providers", "governance", "client", "config_store", "encryption_key", "plugins", "logs_store", "mcp"];

    public MappingTable Table => BifrostTable.Table;

    public void Map(ImportJob job)
    {
        new BifrostProviders(job).Map();
        new BifrostGovernance(job).Map();
        new BifrostRules(job).Map();
        new BifrostSettings(job).Map();
    }
}

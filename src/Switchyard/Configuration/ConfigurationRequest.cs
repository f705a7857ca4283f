using Switchyard.Dialects.BuiltIn;

namespace Switchyard.Configuration;

/// <summary>The sources to load. Later ones win: the file, then environment variables, then <see cref="Overrides"/>.</summary>
public sealed record ConfigurationRequest
{
    /// <summary>
    /// The file; it must exist. Null takes <c>switchyard.yaml</c> or <c>switchyard.yml</c> in <see cref="WorkingDirectory"/> if present.
    /// </summary>
    public string? File { get; init; }

    /// <summary>The directory of the file if none is named.</summary>
    /// <value>The default is the process's current directory.</value>
    public string WorkingDirectory { get; init; } = System.Environment.CurrentDirectory;

    /// <summary>
    /// Settings from the command line, each <c>key=value</c>. The parts of a key are separated by dots
    /// (<c>providers.openai.base_url=…</c>), or by colons when a name itself holds a dot (<c>providers:aws.bedrock:key=…</c>).
    /// </summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>The environment variables, for <c>${VARIABLE}</c> in the file and for settings named <c>SWITCHYARD__…</c>.</summary>
    /// <value>The default, null, is the process's own.</value>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>
    /// Whether a provider exists without being configured: in the catalogue, or registered in code. Null accepts every name.
    /// </summary>
    public Func<string, bool>? IsKnownProvider { get; init; }

    /// <summary>Names to suggest for a provider that does not exist.</summary>
    public IReadOnlyCollection<string> ProviderNames { get; init; } = [];

    /// <summary>
    /// The names of the providers that the plugins of a configuration add, so that targets may name one. Null adds none.
    /// </summary>
    public Func<PluginsOptions, IReadOnlyCollection<string>>? PluginProviders { get; init; }

    /// <summary>The wire formats a provider may speak.</summary>
    /// <value>The default is every format of this version.</value>
    public IReadOnlyCollection<string> Dialects { get; init; } = [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value)];
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Configuration.Binding;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>The validated content of <c>plugin.json</c>. Immutable.</summary>
internal sealed record PluginManifest
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "plugin.json";

    private const long Longest = 64 * 1024;
    private const int LongestName = 40;
    private const int LongestVersion = 20;

    private static readonly string[] s_places = [PluginAdds.Call, PluginAdds.Routed, PluginAdds.Attempt, PluginAdds.Sink];

    /// <summary>The plugin's name, lower case.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>The file of its assembly, in full.</summary>
    public required string Assembly { get; init; }

    /// <summary>The full name of its class; null for the only one.</summary>
    public string? Entry { get; init; }

    /// <summary>Its description, for display.</summary>
    public string Description { get; init; } = "";

    /// <summary>The entries of <c>adds</c>, sorted.</summary>
    public required IReadOnlyList<string> Adds { get; init; }

    /// <summary>Whether a call is refused if it fails; null uses the default.</summary>
    public bool? FailsClosed { get; init; }

    /// <summary>The maximum time in one step of a call; null uses the default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Its settings.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary><c>name@version</c>.</summary>
    public string Id => $"{Name}@{Version}";

    /// <summary>Reads and checks the manifest of a folder. No code of the plugin runs.</summary>
    /// <exception cref="PluginException">There is none, or it is invalid.</exception>
    public static PluginManifest Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!System.IO.Directory.Exists(folder))
            throw new PluginException(PluginFault.NotFound, $"There is no folder '{folder}'.");
        if (!File.Exists(file))
            throw new PluginException(PluginFault.NotFound, $"'{folder}' holds no {FileName}, so it is not a plugin.");
        var written = Parse(file);
        var name = ProviderNames.Normalize(written.Name);
        if (name.Length > LongestName || !ProviderNames.IsValid(name))
            throw Wrong(file, $"'name' must be up to {LongestName} letters, digits, '-', '_' and '.', beginning with a letter or digit");
        var version = (written.Version ?? "").Trim();
        if (version.Length > LongestVersion || !ProviderNames.IsValid(version))
            throw Wrong(file, $"'version' must be up to {LongestVersion} letters, digits, '-' and '.', as in \"1.2.0\"");
        if (written.Contract is null)
            throw Wrong(file, $"'contract' is missing: it is the version of IPlugin it was written for, now {IPlugin.ContractVersion}");
        if (written.Contract != IPlugin.ContractVersion)
        {
            throw new PluginException(
                PluginFault.Contract,
                $"Plugin '{name}' was written for contract {written.Contract}, and this version has contract "
                + $"{IPlugin.ContractVersion}: build it against this version of Switchyard.");
        }

        return new PluginManifest
        {
            Name = name,
            Version = version,
            Assembly = AssemblyOf(folder, file, written.Assembly),
            Entry = written.Entry,
            Description = written.Description ?? "",
            Adds = AddsOf(file, written.Adds),
            FailsClosed = written.OnFailure switch
            {
                null => null,
                "open" => false,
                "closed" => true,
                _ => throw Wrong(file, "'on_failure' must be \"open\" or \"closed\""),
            },
            Timeout = TimeoutOf(file, written.Timeout),
            Settings = SettingsOf(file, written.Settings),
        };
    }

    private static WrittenManifest Parse(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > Longest)
                throw Wrong(file, "it is longer than 64 KB");
            return JsonSerializer.Deserialize(stream, ManifestJson.Default.WrittenManifest) ?? throw Wrong(file, "it is not a JSON object");
        }
        catch (JsonException e)
        {
            // The exception's message names internal types.
            var place = e.LineNumber is { } line ? $" in line {line + 1}" : "";
            var what = e.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? "is not a member of a manifest"
                : "is not what is expected there";
            throw Wrong(file, $"{e.Path ?? "$"}{place} {what}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(file, e.Message);
        }
    }

    private static string AssemblyOf(string folder, string file, string? written)
    {
        if (string.IsNullOrWhiteSpace(written))
            throw Wrong(file, "'assembly' is missing: it names the plugin's .dll");
        try
        {
            var (root, path) = (Path.GetFullPath(folder), Path.GetFullPath(Path.Combine(folder, written)));
            // A link may leave the folder, as '..' does.
            var real = new FileInfo(path) is { LinkTarget: not null } link
                ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName
                : path;
            if (!IsWithin(root, path) || !IsWithin(root, real ?? path))
                throw Wrong(file, $"'assembly' points outside the plugin's folder ('{written}')");
            return File.Exists(path) ? path : throw Wrong(file, $"'assembly' names '{written}', which does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A link to itself, or characters that no path may have.
            throw Wrong(file, $"'assembly' is not a path that can be followed: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Whether a path is below a folder.</summary>
    public static bool IsWithin(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static IReadOnlyList<string> AddsOf(string file, List<string>? written)
    {
        if (written is not { Count: > 0 })
            throw Wrong(file, "'adds' is missing: it lists what the plugin adds");
        foreach (var word in written)
        {
            if (word is not null && (s_places.Contains(word, StringComparer.Ordinal) || IsNamed(word, PluginAdds.Provider)
                || IsNamed(word, PluginAdds.Guard)))
                continue;
            throw Wrong(
                file,
                word is "dialect" || word?.StartsWith("dialect:", StringComparison.Ordinal) is true
                    ? "a plugin cannot add a dialect: those are added in code when the program starts. A provider of any format can be "
                    + "an IChatClientProvider"
                    : $"'{word}' in 'adds' is not known: {string.Join(", ", s_places)}, {PluginAdds.Provider}NAME and "
                    + $"{PluginAdds.Guard}NAME are");
        }

        return [.. written.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static bool IsNamed(string word, string kind) =>
        word.StartsWith(kind, StringComparison.Ordinal) && word[kind.Length..] is var name
        && name.Length <= LongestName && ProviderNames.IsValid(name) && name == ProviderNames.Normalize(name);

    private static Dictionary<string, string> SettingsOf(string file, Dictionary<string, string?>? written)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in written ?? [])
        {
            if (value is null)
                throw Wrong(file, $"'{name}' in 'settings' must be text");
            if (!settings.TryAdd(name, value))
                throw Wrong(file, $"'{name}' is in 'settings' twice: their names are compared without case");
        }

        return settings;
    }

    private static TimeSpan? TimeoutOf(string file, string? written)
    {
        if (written is null)
            return null;
        return DurationText.TryParse(written, out var timeout) && timeout >= TimeSpan.FromMilliseconds(1) && timeout.TotalMinutes <= 10
            ? timeout
            : throw Wrong(file, "'timeout' must be from 1ms to 10m, as in \"250ms\"");
    }

    private static PluginException Wrong(string file, string what) => new(PluginFault.Manifest, $"{file}: {what}.");
}

/// <summary>The keywords of <c>adds</c>.</summary>
internal static class PluginAdds
{
    public const string Provider = "provider:";
    public const string Guard = "guard:";
    public const string Call = "call";
    public const string Routed = "routed";
    public const string Attempt = "attempt";
    public const string Sink = "sink";
}

/// <summary>The manifest as JSON.</summary>
internal sealed record WrittenManifest(
    string? Name,
    string? Version,
    string? Description,
    int? Contract,
    string? Assembly,
    string? Entry,
    List<string>? Adds,
    string? OnFailure,
    string? Timeout,
    Dictionary<string, string?>? Settings)
{
    /// <summary>For editors.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(WrittenManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

using System.Collections;
using Microsoft.Extensions.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Validation;
using Switchyard.Configuration.Yaml;

namespace Switchyard.Configuration.Loading;

/// <summary>
/// Loads the configuration: file, then environment variables, then the command line, a later one winning key by key. No text
/// of a user makes it throw; every problem is returned with its line and column. Thread-safe.
/// </summary>
public static class ConfigurationLoader
{
    /// <summary>Loads and validates.</summary>
    public static ConfigurationResult Load(ConfigurationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var environment = request.Environment ?? ReadEnvironment();
        var file = ConfigurationFile.Locate(request);

        var builder = new ConfigurationBuilder();
        builder.Add(new ListenConfigurationSource(environment));
        if (file is not null)
            builder.Add(new YamlConfigurationSource(file, request.WorkingDirectory, environment));
        builder.Add(new VariableConfigurationSource(environment));
        builder.Add(new OverrideConfigurationSource(request.Overrides));

        var configuration = builder.Build();
        var sources = configuration.Providers.OfType<TrackedConfigurationProvider>().Reverse().ToArray();
        var root = SettingNode.Read(configuration, OriginOf);
        var written = sources.OfType<YamlConfigurationProvider>().Any(source => source.GetChildKeys([], parentPath: null).Any());
        return Bind(root, request, file, sources.Reverse().SelectMany(source => source.Problems), saysNothing: !written);

        SettingOrigin? OriginOf(string path) =>
            sources.Select(source => source.FindOrigin(path)).FirstOrDefault(origin => origin is not null);
    }

    /// <summary>
    /// Reads options from a host's own configuration, for example <c>builder.Configuration.GetSection("Switchyard")</c>, with the same
    /// keys and the same checks. Problems name keys but no lines, which the host's sources do not record.
    /// </summary>
    /// <param name="configuration">The section; its keys are those of <c>switchyard.yaml</c>.</param>
    /// <param name="request">The existing providers and dialects; its file, environment and overrides are not used.</param>
    public static ConfigurationResult Bind(IConfiguration configuration, ConfigurationRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var root = SettingNode.Read(configuration, static _ => null);
        return Bind(root, request ?? new ConfigurationRequest(), file: null, []);
    }

    /// <summary>Sets the values of a section on existing options; values that it does not name stay.</summary>
    /// <param name="options">The options.</param>
    /// <param name="section">The section.</param>
    /// <param name="originOf">The origin of each key, with the form of its value; null if it is not recorded.</param>
    /// <returns>Keys and values that cannot be read. Validation follows after all sources have been bound.</returns>
    internal static IReadOnlyList<ConfigurationProblem> BindTo(
        SwitchyardOptions options, IConfiguration section, Func<string, SettingOrigin?>? originOf = null)
    {
        var root = SettingNode.Read(section, originOf ?? (static _ => null));
        var problems = new ProblemList(root, []);
        new OptionsBinder(problems).Bind(root, options);
        LowerProviderNames(options);
        return problems.ToSorted();
    }

    private static ConfigurationResult Bind(
        SettingNode root, ConfigurationRequest request, string? file, IEnumerable<ConfigurationProblem> earlier, bool saysNothing = false)
    {
        var problems = new ProblemList(root, earlier);
        var options = new SwitchyardOptions();
        new OptionsBinder(problems).Bind(root, options);
        LowerProviderNames(options);
        options.Origins = OriginsOf(root);
        foreach (var finding in ConfigurationValidators.Run(options, new KnownNames(request, options.Plugins)))
            problems.Add(finding);

        var sorted = problems.ToSorted();
        return new ConfigurationResult
        {
            Options = sorted.Any(problem => problem.Severity == ProblemSeverity.Error) ? null : options,
            Problems = sorted,
            File = file,
            SaysNothing = saysNothing,
        };
    }

    private static SettingOrigins OriginsOf(SettingNode root)
    {
        var origins = new Dictionary<string, SettingOrigin>(StringComparer.OrdinalIgnoreCase);
        Collect(root);
        return new(origins);

        void Collect(SettingNode node)
        {
            if (node.Origin is { } origin)
                origins.TryAdd(node.Path, origin);
            foreach (var child in node.Children)
                Collect(child);
        }
    }

    /// <summary>Environment variables are often written in capitals; a provider's name is lower case everywhere else.</summary>
    private static void LowerProviderNames(SwitchyardOptions options)
    {
        foreach (var (name, provider) in options.Providers.ToArray())
        {
            options.Providers.Remove(name);
            options.Providers[name.ToLowerInvariant()] = provider;
        }
    }

    private static Dictionary<string, string> ReadEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
            variable => (string)variable.Key,
            variable => (string?)variable.Value ?? "",
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
}

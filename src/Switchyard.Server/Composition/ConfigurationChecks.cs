using System.Globalization;
using Switchyard.Configuration;
using Switchyard.Plugins;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Composition;

/// <summary>
/// Checks a configuration against what exists outside it: the catalogue, the environment, certificates and plugins. Nothing is started.
/// </summary>
internal sealed class ConfigurationChecks
{
    private PluginCheck? _plugins;

    /// <summary>Adds the names that the configuration is checked against to a request: known providers and plugins.</summary>
    public ConfigurationRequest Complete(ConfigurationRequest request) => request with
    {
        IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
        // Read again with each configuration: a reloaded one may name other plugins.
        PluginProviders = plugins => (_plugins = PluginCheck.Of(plugins)).Providers,
    };

    /// <summary>The problems that keep configured providers from working, one sentence each: a missing key, for example.</summary>
    public IReadOnlyList<ConfigurationProblem> FindProviderProblems(SwitchyardOptions options)
    {
        var activation = new ProviderActivator().Activate(options);
        var problems = activation.Providers.Count == 0 && PluginsOf(options).Providers.Count == 0
            ? activation.Problems.Append(ProviderActivation.NoProvider)
            : activation.Problems;
        return [.. problems.Select(problem => ProblemOfProvider(options, problem))];
    }

    /// <summary>The problems that keep the server from listening: a certificate that cannot be read.</summary>
    public static IReadOnlyList<ConfigurationProblem> FindServerProblems(SwitchyardOptions options) =>
        ListenSettings.FindProblem(options.Server.Tls) is { } problem
            ? [ProblemAt(options, ConfigurationKeys.Combine("server", "tls", "certificate"), problem)]
            : [];

    /// <summary>The problems that keep plugins from being loaded. Does not load their code.</summary>
    public IReadOnlyList<ConfigurationProblem> FindPluginProblems(SwitchyardOptions options) =>
        [.. PluginsOf(options).FindProblems(options.Guards).Select(problem => ProblemAt(options, problem.Path, problem.Message))];

    /// <summary>Settings that may not work as meant, one sentence each: an address that <c>serve</c> refuses without a switch.</summary>
    public IReadOnlyList<ConfigurationProblem> FindWarnings(SwitchyardOptions options)
    {
        var activation = new ProviderActivator().Activate(options);
        var known = new RegisteredNames(activation.Providers.Select(provider => provider.Name).Concat(activation.Disabled)
            .Concat(PluginsOf(options).Providers));
        return
        [
            .. ListenSettings.FindWarnings(options).Select(Warning), .. SkippedTargets(options, known), .. IdlePrices(options, known),
            .. activation.Warnings.Select(Warning),
        ];

        static ConfigurationProblem Warning(string message) => new("", message) { Severity = ProblemSeverity.Warning };
    }

    /// <summary>Limits and budgets of models that are not known, as warnings with the place of the setting.</summary>
    public static IReadOnlyList<ConfigurationProblem> FindUnknownModels(SwitchyardOptions options) =>
        [.. new UnknownModels(options).Find().Select(found => ProblemAt(options, found.Path, found.Message, ProblemSeverity.Warning))];

    /// <summary>A problem with the place of its setting; without a place for options that were not loaded.</summary>
    public static ConfigurationProblem ProblemAt(
        SwitchyardOptions options, string path, string message, ProblemSeverity severity = ProblemSeverity.Error) =>
        options.Origins?.At(path, message, severity)
            ?? new ConfigurationProblem(ConfigurationKeys.Display(path), message) { Severity = severity };

    /// <summary>The enabled providers whose requests go through a proxy, one sentence each.</summary>
    public static IReadOnlyList<string> FindProxies(SwitchyardOptions options)
    {
        var found = new List<string>();
        foreach (var provider in new ProviderActivator().Activate(options).Providers)
        {
            if (AddressOf(provider) is { } address
                && ProviderProxy.Of(provider.Settings.Proxy, usual: null)?.Describe(address) is { } proxy)
                found.Add($"{provider.Name} is reached through the proxy {proxy}");
        }

        return found;
    }

    /// <summary>The targets of aliases whose provider is not enabled. Validation reports those of a disabled provider.</summary>
    private static IEnumerable<ConfigurationProblem> SkippedTargets(SwitchyardOptions options, RegisteredNames known) =>
        from alias in options.Models
        from target in alias.Value.Targets.Select((each, index) => (each.Model, List: "targets", Index: index))
            .Concat(alias.Value.Fallback.Select((each, index) => (each.Model, List: "fallback", Index: index)))
        let name = known.Find(target.Model.Split('/')[0])
        where !known.Has(name)
        select ProblemAt(
            options, ConfigurationKeys.Combine("models", alias.Key, target.List, target.Index.ToString(CultureInfo.InvariantCulture)),
            $"'{alias.Key}' skips {target.Model}: the provider '{name}' is not enabled", ProblemSeverity.Warning);

    /// <summary>The prices for a provider that is not enabled.</summary>
    private static IEnumerable<ConfigurationProblem> IdlePrices(SwitchyardOptions options, RegisteredNames known)
    {
        var activator = new ProviderActivator();
        return
            from pattern in options.Prices.Models.Keys
            let written = pattern.Split('/')[0]
            let name = activator.NameOf(written, options.Providers.GetValueOrDefault(written)) ?? written
            where !name.AsSpan().ContainsAny('*', '?') && !known.Has(name)
            select ProblemAt(
                options, ConfigurationKeys.Combine("prices", pattern),
                $"the price of '{pattern}' has no effect: the provider '{name}' is not enabled", ProblemSeverity.Warning);
    }

    /// <summary>A problem of a provider, at the place of the provider that its sentence names.</summary>
    private static ConfigurationProblem ProblemOfProvider(SwitchyardOptions options, string problem)
    {
        var name = options.Providers.Keys.Where(each => problem.Contains($"'{each}'", StringComparison.Ordinal)
            || problem.StartsWith($"{each} ", StringComparison.Ordinal)).MaxBy(each => each.Length);
        return name is null ? new("providers", problem) : ProblemAt(options, ConfigurationKeys.Combine("providers", name), problem);
    }

    /// <summary>The check of the plugin folders, read once for each configuration.</summary>
    private PluginCheck PluginsOf(SwitchyardOptions options) =>
        _plugins is { } read && read.IsOf(options.Plugins) ? read : _plugins = PluginCheck.Of(options.Plugins);

    /// <summary>A provider's base URL; null if it has none or it is incomplete.</summary>
    private static Uri? AddressOf(ProviderRegistration provider)
    {
        try
        {
            return EndpointAddress.Resolve(provider.Name, provider.Descriptor, provider.Settings, Environment.GetEnvironmentVariable);
        }
        catch (ProviderException)
        {
            return null;
        }
    }
}

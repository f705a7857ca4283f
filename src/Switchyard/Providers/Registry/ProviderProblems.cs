using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Mock;

namespace Switchyard.Providers.Registry;

/// <summary>The problems of one configured provider, in sentences with the remedy.</summary>
internal static class ProviderProblems
{
    public static IReadOnlyList<string> Of(
        string name,
        ProviderOptions options,
        ProviderDescriptor? known,
        ProviderDescriptor descriptor,
        ProviderSettings settings,
        ProviderCatalog catalog,
        Func<string, string?> environment)
    {
        // A replayed provider is not called: it needs no address, no key and no certificate.
        if (settings.Replay is { } replay)
            return ReplayProblems(name, replay);
        var problems = new List<string>();
        if (known is null)
            AddUnknown(problems, name, options, catalog);
        if (known is { Unavailable: { } reason } && string.IsNullOrWhiteSpace(settings.BaseUrl))
            problems.Add($"Provider '{name}' cannot be used: {reason}");
        else if (known is not null || settings.BaseUrl is not null)
            AddAddress(problems, name, descriptor, settings, environment);
        if (options.SecretProblem is { } missing)
            problems.Add($"{name} API key is not configured: {missing}.");
        else if (descriptor.RequiresApiKey && settings.ApiKey is null)
            problems.Add(ProviderMessages.MissingKey(name, descriptor));
        AddCertificates(problems, name, settings);
        if (descriptor.Name == KnownProviders.Mock)
            AddMock(problems, name, settings);
        else
            AddSettings(problems, name, descriptor, settings);
        var invalid = ProviderSettingsValidator.Validate(settings, requiresApiKey: false);
        problems.AddRange(invalid.Select(problem => $"Provider '{name}': {problem}."));
        return problems;
    }

    private static string[] ReplayProblems(string name, ReplaySettings replay) =>
        Directory.Exists(replay.Folder) || File.Exists(replay.Folder) ? []
            : [$"Provider '{name}': there is no folder of recordings {replay.Folder} (replay.folder). Record some there, or name another."];

    private static void AddUnknown(List<string> problems, string name, ProviderOptions options, ProviderCatalog catalog)
    {
        var isCustom = options.Type is null || ProviderNames.Normalize(options.Type) == KnownProviders.Custom;
        if (!isCustom)
        {
            problems.Add($"Provider '{name}' has a type that is not in the catalogue: '{options.Type}'.{Near(options.Type!, catalog)}");
        }
        else if (string.IsNullOrWhiteSpace(options.BaseUrl))
        {
            problems.Add($"Provider '{name}' is not in the catalogue and has no base_url.{Near(name, catalog)}");
        }
    }

    private static void AddAddress(
        List<string> problems, string name, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        // The mock has no address.
        if (descriptor.Name == KnownProviders.Mock)
            return;
        try
        {
            EndpointAddress.Resolve(name, descriptor, settings, environment);
            EndpointAddress.Fill(descriptor.Query ?? "", name, descriptor, settings, environment);
        }
        catch (ProviderException error)
        {
            problems.Add(error.Message);
        }
    }

    private static void AddCertificates(List<string> problems, string name, ProviderSettings settings)
    {
        if (settings.Tls is not { } tls)
            return;
        if (CertificateFile.FindProblem(tls.Ca) is { } authorities)
            problems.Add($"Provider '{name}': the file of tls.ca cannot be used: {authorities}.");
        if (CertificateFile.FindProblem(tls.Certificate, tls.Key, password: null) is { } certificate)
            problems.Add($"Provider '{name}': the files of tls.certificate and tls.key cannot be used: {certificate}.");
    }

    /// <summary>
    /// Settings that fill no part of an address have no effect. Cloud authorizers have their own settings, which are not known here.
    /// </summary>
    private static void AddSettings(List<string> problems, string name, ProviderDescriptor descriptor, ProviderSettings settings)
    {
        if (settings.Metadata.Count == 0 || descriptor.Auth.Scheme == ProviderAuthScheme.Cloud)
            return;
        string?[] addresses =
        [
            settings.BaseUrl, descriptor.BaseUrl, .. descriptor.BaseUrls.Values, descriptor.Query, descriptor.ModelsPath,
        ];
        var known = descriptor.Variables.Keys.Concat(addresses.SelectMany(EndpointAddress.Placeholders))
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var has = known.Count == 0 ? "it has none" : $"it has {string.Join(", ", known)}";
        problems.AddRange(settings.Metadata.Keys.Where(setting => !known.Contains(setting, StringComparer.OrdinalIgnoreCase))
            .Select(setting => $"Provider '{name}' has no setting '{Sanitizer.Clean(setting)}': {has}."));
    }

    private static void AddMock(List<string> problems, string name, ProviderSettings settings)
    {
        try
        {
            MockSettings.Read(new MockOptions(), settings.Metadata);
        }
        catch (ProviderException error)
        {
            problems.Add($"Provider '{name}': {error.Message}");
        }
    }

    private static string Near(string name, ProviderCatalog catalog) =>
        catalog.NearestNames(name) is { Count: > 0 } near ? $" Did you mean {string.Join(" or ", near)}?" : "";
}

using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Mock;

namespace Switchyard.Providers.Registry;

/// <summary>The problems of one configured provider, in sentences with the remedy.</summary>
/// <param name="name">Its name.</param>
/// <param name="options">Its options.</param>
/// <param name="settings">What it would be created with.</param>
/// <param name="catalog">The catalogue.</param>
/// <param name="environment">Returns environment variables, which addresses may refer to.</param>
internal sealed class ProviderProblems(
    string name, ProviderOptions options, ProviderSettings settings, ProviderCatalog catalog, Func<string, string?> environment)
{
    private readonly List<string> _problems = [];

    /// <summary>Finds them.</summary>
    /// <param name="known">Its entry in the catalogue; null if it has none.</param>
    /// <param name="descriptor">That entry, or what stands for one.</param>
    public IReadOnlyList<string> Find(ProviderDescriptor? known, ProviderDescriptor descriptor)
    {
        // A replayed provider is not called: it needs no address, no key and no certificate.
        if (settings.Replay is { } replay)
        {
            AddReplay(replay);
            return _problems;
        }

        if (known is null)
            AddUnknown();
        if (known is { Unavailable: { } reason } && string.IsNullOrWhiteSpace(settings.BaseUrl))
            _problems.Add($"Provider '{name}' cannot be used: {reason}");
        else if (known is not null || settings.BaseUrl is not null)
            AddAddress(descriptor);
        if (options.SecretProblem is { } missing)
            _problems.Add($"{name} API key is not configured: {missing}.");
        else if (descriptor.RequiresApiKey && settings.ApiKey is null)
            _problems.Add(ProviderMessages.MissingKey(name, descriptor));
        AddCertificates();
        if (descriptor.Name == KnownProviders.Mock)
            AddMock();
        else
            AddSettings(descriptor);
        var invalid = ProviderSettingsValidator.Validate(settings, requiresApiKey: false);
        _problems.AddRange(invalid.Select(problem => $"Provider '{name}': {problem}."));
        return _problems;
    }

    private void AddReplay(ReplaySettings replay)
    {
        if (!Directory.Exists(replay.Folder) && !File.Exists(replay.Folder))
        {
            _problems.Add(
                $"Provider '{name}': there is no folder of recordings {replay.Folder} (replay.folder). "
                + "Record some there, or name another.");
        }
    }

    private void AddUnknown()
    {
        var isCustom = options.Type is null || ProviderNames.Normalize(options.Type) == KnownProviders.Custom;
        if (!isCustom)
        {
            _problems.Add($"Provider '{name}' has a type that is not in the catalogue: '{options.Type}'.{Near(options.Type!)}");
        }
        else if (string.IsNullOrWhiteSpace(options.BaseUrl))
        {
            _problems.Add($"Provider '{name}' is not in the catalogue and has no base_url.{Near(name)}");
        }
    }

    private void AddAddress(ProviderDescriptor descriptor)
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
            _problems.Add(error.Message);
        }
    }

    private void AddCertificates()
    {
        if (settings.Tls is not { } tls)
            return;
        if (CertificateFile.FindProblem(tls.Ca) is { } authorities)
            _problems.Add($"Provider '{name}': the file of tls.ca cannot be used: {authorities}.");
        if (CertificateFile.FindProblem(tls.Certificate, tls.Key, password: null) is { } certificate)
            _problems.Add($"Provider '{name}': the files of tls.certificate and tls.key cannot be used: {certificate}.");
    }

    /// <summary>
    /// Settings that fill no part of an address have no effect. Cloud authorizers have their own settings, which are not known here.
    /// </summary>
    private void AddSettings(ProviderDescriptor descriptor)
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
        _problems.AddRange(settings.Metadata.Keys.Where(setting => !known.Contains(setting, StringComparer.OrdinalIgnoreCase))
            .Select(setting => $"Provider '{name}' has no setting '{Sanitizer.Clean(setting)}': {has}."));
    }

    private void AddMock()
    {
        try
        {
            MockSettings.Read(new MockOptions(), settings.Metadata);
        }
        catch (ProviderException error)
        {
            _problems.Add($"Provider '{name}': {error.Message}");
        }
    }

    private string Near(string written) =>
        catalog.NearestNames(written) is { Count: > 0 } near ? $" Did you mean {string.Join(" or ", near)}?" : "";
}

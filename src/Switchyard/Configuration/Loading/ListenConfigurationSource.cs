using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Loading;

/// <summary>
/// The platform variables for the listen address, if nothing else sets it: <c>ASPNETCORE_URLS</c> as in any ASP.NET Core program,
/// and <c>PORT</c>, which means every interface.
/// </summary>
internal sealed class ListenConfigurationSource(IReadOnlyDictionary<string, string> environment) : IConfigurationSource
{
    private const string UrlsVariable = "ASPNETCORE_URLS", PortVariable = "PORT";

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(environment);

    private sealed class Provider(IReadOnlyDictionary<string, string> environment) : TrackedConfigurationProvider
    {
        public override void Load()
        {
            if (environment.TryGetValue(UrlsVariable, out var urls) && !string.IsNullOrWhiteSpace(urls))
                Put(urls.Trim(), UrlsVariable);
            // An invalid port makes an invalid address, which is then reported.
            else if (environment.TryGetValue(PortVariable, out var port) && !string.IsNullOrWhiteSpace(port))
                Put($"http://*:{port.Trim()}", PortVariable);
        }

        private void Put(string urls, string variable) => Put(
            ConfigurationPath.Combine("server", "urls"),
            urls,
            new SettingOrigin(SettingLayer.Environment) { Described = $"environment variable {variable}" });
    }
}

using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Loading;

/// <summary>
/// The variables by which platforms say where to listen, where nothing else does: <c>ASPNETCORE_URLS</c> as of any ASP.NET Core program,
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
            // What is no port makes no address, and is said to be none.
            else if (environment.TryGetValue(PortVariable, out var port) && !string.IsNullOrWhiteSpace(port))
                Put($"http://*:{port.Trim()}", PortVariable);
        }

        private void Put(string urls, string variable) => Put(
            ConfigurationPath.Combine("server", "urls"),
            urls,
            new SettingOrigin(SettingLayer.Environment) { Described = $"environment variable {variable}" });
    }
}

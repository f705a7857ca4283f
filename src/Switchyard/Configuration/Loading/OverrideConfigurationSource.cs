using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Loading;

/// <summary>Settings from the command line, each <c>key=value</c>.</summary>
internal sealed class OverrideConfigurationSource(IReadOnlyList<string> overrides) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(overrides);

    private sealed class Provider(IReadOnlyList<string> overrides) : TrackedConfigurationProvider
    {
        public override void Load()
        {
            foreach (var setting in overrides)
            {
                var equals = setting.IndexOf('=', StringComparison.Ordinal);
                var key = (equals < 0 ? setting : setting[..equals]).Trim();
                var parts = key.Split(key.Contains(':', StringComparison.Ordinal) ? ':' : '.');
                var origin = $"--set {ConfigurationKeys.Shorten(key)}";
                if (equals < 0 || parts.Any(string.IsNullOrWhiteSpace))
                {
                    // Without its '=' the text may be a secret in the wrong place, so it is not repeated.
                    var cause = equals < 0 ? "has no '='" : $"names no key in '{ConfigurationKeys.Shorten(key)}'";
                    var message = $"a setting on the command line {cause}; write --set key=value";
                    Problems.Add(new ConfigurationProblem("", message) { Origin = "--set" });
                    continue;
                }

                var value = setting[(equals + 1)..];
                Put(ConfigurationPath.Combine(parts), value, new SettingOrigin(SettingLayer.CommandLine) { Described = origin });
            }
        }
    }
}

using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Loading;

/// <summary>
/// Settings from environment variables: <c>SWITCHYARD__server__urls</c> is <c>server.urls</c>. Like the framework's own source, but it
/// remembers the variable's name for messages and can be given an environment, so that tests need not change the process's.
/// </summary>
internal sealed class VariableConfigurationSource(IReadOnlyDictionary<string, string> environment) : IConfigurationSource
{
    private const string Prefix = "SWITCHYARD__";

    public IConfigurationProvider Build(IConfigurationBuilder builder) => new Provider(environment);

    private sealed class Provider(IReadOnlyDictionary<string, string> environment) : TrackedConfigurationProvider
    {
        public override void Load()
        {
            foreach (var (name, value) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
            {
                if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                    continue;
                var parts = name[Prefix.Length..].Split("__");
                var origin = $"environment variable {ConfigurationKeys.Shorten(name)}";
                if (parts.Any(string.IsNullOrWhiteSpace))
                {
                    Problems.Add(new ConfigurationProblem("", $"'{ConfigurationKeys.Shorten(name)}' names no key") { Origin = origin });
                    continue;
                }

                var path = ConfigurationPath.Combine(parts);
                WarnOfAnother(path, value, origin);
                Put(path, value, new SettingOrigin(SettingLayer.Environment) { Described = origin });
            }
        }

        /// <summary>Variables that differ in capitals are one setting. Where they say different things, nobody sees which counts.</summary>
        private void WarnOfAnother(string path, string value, string origin)
        {
            if (FindOrigin(path)?.Described is not { } other || Data[path] == value)
                return;
            var key = ConfigurationKeys.Display(path);
            var message = $"'{key}' is set to something else by the {other}, which does not count: unset one of them";
            Problems.Add(new ConfigurationProblem(key, message, Severity: ProblemSeverity.Warning) { Origin = origin });
        }
    }
}

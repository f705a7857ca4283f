using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Loading;

/// <summary>
/// Settings from environment variables: <c>SWITCHYARD__server__urls</c> is <c>server.urls</c>. Like the framework's own source, but it
/// records the variable's name for messages and accepts an environment, so that tests need not change the process's.
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

        /// <summary>Variables that differ only in case are one setting. Different values get a warning that names the losing one.</summary>
        private void WarnOfAnother(string path, string value, string origin)
        {
            if (FindOrigin(path)?.Described is not { } other || Data[path] == value)
                return;
            var key = ConfigurationKeys.Display(path);
            var message = $"'{key}' has another value in the {other}, which is ignored: unset one of them";
            Problems.Add(new ConfigurationProblem(key, message) { Severity = ProblemSeverity.Warning, Origin = origin });
        }
    }
}

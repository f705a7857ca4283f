using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Yaml;

/// <summary>A YAML file as a source of configuration.</summary>
/// <param name="file">The path as the user wrote it; messages repeat it.</param>
/// <param name="directory">The base of a relative path.</param>
/// <param name="environment">The variables the file may refer to.</param>
internal sealed class YamlConfigurationSource(string file, string directory, IReadOnlyDictionary<string, string> environment)
    : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new YamlConfigurationProvider(file, directory, environment);
}

using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>A separate directory for one test, with the file it loads.</summary>
internal sealed class Given : IDisposable
{
    private static readonly string[] Catalogue = ["openai", "groq", "anthropic", "mistral", "mock"];

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("switchyard-").FullName;

    public string File => Path.Combine(Directory, "switchyard.yaml");

    public Dictionary<string, string> Environment { get; } = [];

    public List<string> Overrides { get; } = [];

    public ConfigurationRequest Request => new()
    {
        WorkingDirectory = Directory,
        Environment = Environment,
        Overrides = Overrides,
        IsKnownProvider = Catalogue.Contains,
        ProviderNames = Catalogue,
    };

    public static Given Yaml(string yaml)
    {
        var given = new Given();
        given.Write(yaml);
        return given;
    }

    public Given With(string variable, string value)
    {
        Environment[variable] = value;
        return this;
    }

    public Given Set(string setting)
    {
        Overrides.Add(setting);
        return this;
    }

    public void Write(string yaml) => System.IO.File.WriteAllText(File, yaml);

    public ConfigurationResult Load() => ConfigurationLoader.Load(Request);

    /// <summary>The options, after checking that there was no problem.</summary>
    public SwitchyardOptions Options()
    {
        var result = Load();
        Assert.Empty(result.Problems);
        return result.Options!;
    }

    /// <summary>The only problem, as a user reads it.</summary>
    public string Problem() => Assert.Single(Problems());

    public IReadOnlyList<string> Problems() => [.. Load().Problems.Select(problem => problem.ToString())];

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}

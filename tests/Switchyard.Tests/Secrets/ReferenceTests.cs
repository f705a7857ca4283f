using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Secrets;

/// <summary>A setting that refers to a secret instead of containing it.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Covers("S001-12")]
    [Fact]
    public void A_secret_setting_may_name_a_secret_wherever_it_stands()
    {
        var result = Load(
            """
            providers:
              openai: { key: { secret: "openai/a" } }
              anthropic: { keys: [ { key: { secret: "anthropic/a" }, weight: 2 }, "secret://anthropic/b" ] }
              groq: { key: plain-key, headers: { x-extra: { secret: extra } }, proxy: { secret: proxy } }
            server: { keys: [ { secret: clients/a }, plain-client ] }
            """);

        Assert.Empty(result.Problems);
        var options = result.Options!;
        Assert.Equal("secret://openai/a", options.Providers["openai"].Key);
        Assert.Equal(["secret://anthropic/a", "secret://anthropic/b"], options.Providers["anthropic"].Keys.Select(key => key.Key));
        Assert.Equal("secret://extra", options.Providers["groq"].Headers["x-extra"]);
        Assert.Equal(["secret://clients/a", "plain-client"], options.Server.Keys);
    }

    [Theory]
    [InlineData("providers: { openai: { key: { secrets: a } } }", "'providers.openai.key' must be text, not a map")]
    [InlineData("providers: { openai: { key: { secret: a, more: b } } }", "'providers.openai.key' must be text, not a map")]
    [InlineData("providers: { openai: { key: 'secret://' } }", "'providers.openai.key' refers to a secret without naming it")]
    [InlineData("providers: { openai: { default_model: { secret: a } } }", "'providers.openai.default_model' must be text, not a map")]
    [InlineData("storage: { redis: { secret: a } }", "'storage.redis' is read once, before the stores are")]
    [InlineData("secrets: { vault: { token: { secret: a } } }", "'secrets.vault.token' is read once, before the stores are")]
    [InlineData("secrets: { order: [ disk ] }", "'disk' is not one of: directory, env_file, file")]
    [InlineData("secrets: { refresh: 10ms }", "refresh must be at least 1s")]
    [InlineData("secrets: { vault: { version: 3 } }", "the version of the KV engine is 1 or 2")]
    [InlineData("secrets: { vault: { address: 'vault:8200' } }", "an address begins with https:// or http://")]
    public void What_cannot_work_is_said_with_its_place(string yaml, string problem)
    {
        var result = Load(yaml);

        Assert.Null(result.Options);
        Assert.Contains(result.Problems, found => found.ToString().Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void In_code_a_reference_is_made_and_read()
    {
        Assert.Equal("secret://a/b", SecretReference.To(" a/b "));
        Assert.True(SecretReference.TryRead(" secret://a/b", out var name));
        Assert.Equal("a/b", name);
        Assert.False(SecretReference.TryRead("sk-secret", out _));
        Assert.False(SecretReference.TryRead(null, out _));
    }

    private ConfigurationResult Load(string yaml) => ConfigurationLoader.Load(
        new ConfigurationRequest { File = _folder.Write("switchyard.yaml", yaml), Environment = new Dictionary<string, string>() });
}

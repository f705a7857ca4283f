using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>For any content of the file, loading never throws and never repeats a secret.</summary>
public sealed class HostileInputTests
{
    private const string Secret = "CANARY-4711";

    /// <summary>A variable with a secret in every place that allows one. Its value must not be shown anywhere.</summary>
    private const string Seed = """
        providers:
          openai: { key: ${KEY}, headers: { authorization: ${KEY} }, settings: { token: "${KEY}" } }
          local:
            key: ${KEY}
            type: custom
            dialect: openai-chat
            base_url: "http://user:${KEY}@localhost/v1?key=${KEY}"
            timeout: 5s
            models: [ a, &x b, *x ]
        models:
          fast:
            strategy: priority
            targets: [ openai/a, { model: local/b } ]
            fallback: [ "openai/c" ]
        timeouts: { connect: 5s, first_token: 30s }
        server: { keys: [ ${KEY}, '${KEY}' ], max_body: 8MB, urls: "http://localhost:1" }
        strict: true
        default_provider: local

        """;

    private static readonly string[] Pieces =
    [
        "\t", "\n", " ", "  ", ":", ": ", "- ", "-", "{", "}", "[", "]", ",", "#", "\"", "'", "&a ", "*a ", "*x", "!t ", "!!str ", "|\n",
        ">\n", "? ",
        "<<: *x", "---\n", "...\n", "%YAML 1.1\n", "${", "}", "$${", "${KEY}", "${NO}", ":-", "~", "null", "\u0000", "\u001f", "\uf87b",
        "\ufeff", "\r", "é", "💡", "0", "k: v\n",
    ];

    [Fact]
    public void No_damage_to_a_file_makes_loading_throw_or_tell_a_secret()
    {
        using var given = new Given().With("KEY", Secret);
        var damage =
            from at in Gen.Choose(0, Seed.Length)
            from removed in Gen.Choose(0, 12)
            from inserted in Gen.Elements(Pieces)
            select (at, removed, inserted);

        Prop.ForAll(Gen.ListOf(damage).ToArbitrary(), edits =>
        {
            var yaml = edits.Take(8).Aggregate(Seed, Apply);
            File.WriteAllBytes(given.File, Encoding.UTF8.GetBytes(yaml));
            var result = given.Load();
            foreach (var problem in result.Problems.Where(problem => problem.ToString().Contains(Secret, StringComparison.Ordinal)))
                Assert.Fail($"{problem}\n{yaml}");
            return (result.Options is null) == result.Problems.Any(problem => problem.Severity == ProblemSeverity.Error);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithQuietOnSuccess(true));
    }

    [Fact]
    public void No_bytes_make_loading_throw()
    {
        using var given = new Given();

        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            File.WriteAllBytes(given.File, bytes ?? []);
            return given.Load() is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));
    }

    [Fact]
    public void No_setting_from_outside_makes_loading_throw()
    {
        using var given = new Given();
        var texts = Gen.ListOf(Gen.Elements(
            "server", "providers", "models", "targets", "keys", ".", ":", "=", "__", "0", "-1", "99999999999", "\u001f", "K", ""))
            .Select(string.Concat);

        Prop.ForAll(texts.ToArbitrary(), texts.ToArbitrary(), (setting, variable) =>
        {
            var request = given.Request with
            {
                Overrides = [setting, setting + "=x"],
                Environment = new Dictionary<string, string> { ["SWITCHYARD__" + variable] = "x" },
            };
            return ConfigurationLoader.Load(request) is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));
    }

    [Theory]
    [InlineData("providers: { openai: { key: [ CANARY-4711 ] } }")]
    [InlineData("providers: { openai: { key: { CANARY-4711: 1 } } }")]
    [InlineData("providers: { openai: { headers: { authorization CANARY-4711 } } }")]
    [InlineData("providers: { openai: \"CANARY-4711\" }")]
    [InlineData("providers: \"CANARY-4711\"")]
    [InlineData("providers: { openai: { headers: CANARY-4711 } }")]
    [InlineData("providers: { openai: { headers: { a: \"CANARY-4711\\u0007\" } } }")]
    [InlineData("providers: { openai: { headers: { \"b d\": CANARY-4711 } } }")]
    [InlineData("providers: { openai: { kye: CANARY-4711 } }")]
    [InlineData("providers: { openai: { keys: CANARY-4711 } }")]
    [InlineData("providers: { openai: { key: \"CANARY-4711\\u0007\" } }")]
    [InlineData("providers: { openai: { timeout: ${KEY} } }")]
    [InlineData("providers: { openai: { base_url: ${KEY} } }")]
    [InlineData("providers: { x: { base_url: \"https://CANARY-4711@host/v1\" } }")]
    [InlineData("strict: ${KEY}")]
    [InlineData("strict: \"${NONE:-}${KEY}\"")]
    [InlineData("server: { keys: CANARY-4711 }")]
    [InlineData("server: { keys: [ \"\", CANARY-4711 ] }")]
    [InlineData("key: CANARY-4711")]
    [InlineData("strict: \"\\uD83D\"")]
    [InlineData("providers: { openai: { key CANARY-4711 } }")]
    [InlineData("providers: { openai: { key:CANARY-4711 } }")]
    [InlineData("providers: { openai: { key=CANARY-4711 } }")]
    [InlineData("providers: { openai CANARY-4711 }")]
    [InlineData("providers: { openai:CANARY-4711 }")]
    [InlineData("providers: { openai: { key:CANARY-4711, key:CANARY-4711 } }")]
    [InlineData("providers: { openai: { dialect: ${KEY} } }")]
    [InlineData("providers: { openai: { type: ${KEY} } }")]
    [InlineData("default_provider: ${KEY}")]
    [InlineData("models: { fast: { strategy: ${KEY}, targets: [ mock/a ] } }")]
    [InlineData("models: { fast: { targets: [ \"${KEY}/a\" ] } }")]
    [InlineData("server: { urls: ${KEY} }")]
    public void A_secret_in_the_wrong_place_is_not_repeated(string yaml)
    {
        using var given = Given.Yaml(yaml).With("KEY", Secret);

        var problems = given.Problems();

        Assert.NotEmpty(problems);
        Assert.DoesNotContain(problems, problem => problem.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public void Options_print_no_keys()
    {
        using var given = Given.Yaml(
            "providers: { openai: { key: CANARY-4711, headers: { a: CANARY-4711 } } }\nserver: { keys: [ CANARY-4711 ] }");
        var options = given.Options();

        Assert.Equal("openai at its usual address, key set", $"openai {options.Providers["openai"]}");
        Assert.DoesNotContain(Secret, $"{options}{options.Server}{given.Request}", StringComparison.Ordinal);
    }

    private static string Apply(string text, (int At, int Removed, string Inserted) edit)
    {
        var at = Math.Min(edit.At, text.Length);
        return string.Concat(text.AsSpan(0, at), edit.Inserted, text.AsSpan(Math.Min(text.Length, at + edit.Removed)));
    }
}

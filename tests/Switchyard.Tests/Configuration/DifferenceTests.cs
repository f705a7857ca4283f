using Switchyard.Configuration.Reload;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class DifferenceTests
{
    private const string Before = """
        providers: { openai: { key: one, headers: { a: b } }, old: { base_url: "http://a/v1", models: [ x, y ] } }
        models: { fast: { targets: [ mock/a, mock/b ] }, slow: { targets: [ mock/a ] } }
        server: { keys: [ k ] }
        """;

    [Fact]
    public void What_means_the_same_differs_in_nothing()
    {
        using var before = Given.Yaml(Before);
        using var after = Given.Yaml(
            Before.Replace("mock/b", "{ model: mock/b }", StringComparison.Ordinal) + "\ntimeouts: { idle: 30000ms }\n");

        Assert.Empty(OptionsDifference.Between(before.Options(), after.Options()));
    }

    [Fact]
    public void Every_difference_is_named_and_no_value_told()
    {
        using var before = Given.Yaml(Before);
        using var after = Given.Yaml("""
            providers: { openai: { key: two, headers: { a: c, d: e } }, new: { base_url: "http://a/v1" } }
            models: { fast: { targets: [ mock/b, mock/a ] }, slow: { targets: [ mock/a ], fallback: [ mock/b ] } }
            timeouts: { idle: 31s }
            """);

        Assert.Equal(
            [
                "models.fast.targets changed",
                "models.slow.fallback changed",
                "providers.new added",
                "providers.old removed",
                "providers.openai.headers.a changed",
                "providers.openai.headers.d added",
                "providers.openai.key changed",
                "server.keys changed",
                "timeouts.idle changed",
            ],
            OptionsDifference.Between(before.Options(), after.Options()).Order(StringComparer.Ordinal));
    }
}

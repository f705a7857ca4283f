using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>A guard that can match nothing or cannot work fails the configuration check.</summary>
public sealed class GuardOptionTests
{
    [Theory]
    [InlineData("guards: { a: {} }", "needs a 'type': mask, block, check or plugin")]
    [InlineData("guards: { a: { type: block } }", "can match nothing: give it 'words' or 'patterns'")]
    [InlineData("guards: { a: { type: block, words: [ \" \" ] } }", "holds an empty word, which would match everything")]
    [InlineData("guards: { a: { type: block, patterns: { x: \"a*\" } } }", "matches the empty text, and so everything")]
    [InlineData("guards: { a: { type: block, patterns: { x: \"(?=a)b\" } } }", "remove lookarounds, back references and atomic groups")]
    [InlineData("guards: { a: { type: block, patterns: { x: \"(a\" } } }", "is not a regular expression")]
    [InlineData("guards: { a: { type: check } }", "needs the 'url' of the service that checks")]
    [InlineData("guards: { a: { type: check, url: ftp://x } }", "must be an address that begins with http:// or https://")]
    [InlineData("guards: { a: { type: mask, words: [ a ] } }", "is only for type: block")]
    [InlineData("guards: { a: { type: mask, on: [ answer ], restore: true } }", "is only for type: mask that masks requests")]
    [InlineData("guards: { a: { type: mask, models: [ fasst ] } }", "can match nothing by 'fasst': it is neither an alias nor provider")]
    [InlineData("guards: { a: { type: mask, keys: [ nobody ] } }", "can match nothing by 'nobody': keys has no such entry")]
    [InlineData("guards: { a: { type: mask, tenants: [ nobody ] } }", "can match nothing by 'nobody': tenants has no such entry")]
    [InlineData("guards: { a: { type: mask, status: 200 } }", "must be 400 or 403")]
    public void It_is_a_problem(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Contains(expected, Assert.Single(given.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_that_works_is_none()
    {
        using var given = Given.Yaml(
            """
            keys: { ci: { key: a-key-of-some-length, tenant: acme } }
            guards:
              pii: { type: mask, find: [ email, card ], patterns: { ticket: "T-[0-9]+" }, restore: true, keys: [ ci ], tenants: [ acme ] }
              deny: { type: block, words: [ project x ], mode: report, models: [ mock/mock-model-v1 ] }
              outside: { type: check, url: "http://127.0.0.1:9000/check", on_failure: open, timeout: 500ms }
            """);

        Assert.Empty(given.Problems());
        Assert.Equal(["deny", "outside", "pii"], given.Options().Guards.Keys.Order());
    }
}

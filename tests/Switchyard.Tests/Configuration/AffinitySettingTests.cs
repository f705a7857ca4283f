using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>The allowed values of <c>affinity</c> of an alias.</summary>
public sealed class AffinitySettingTests
{
    private const string Known = " is not one of: conversation, end_user, header:NAME";

    [Fact]
    public void An_affinity_is_read_with_its_defaults()
    {
        using var given = Given.Yaml("models: { fast: { targets: [ mock/a ], affinity: { by: [ conversation, \"header:x-session\" ] } } }");

        var affinity = given.Options().Models["fast"].Affinity!;

        Assert.Equal(["conversation", "header:x-session"], affinity.By);
        Assert.Equal(TimeSpan.FromMinutes(10), affinity.Ttl);
    }

    [Theory]
    [InlineData("by: [ ip ]", "'ip'" + Known)]
    [InlineData("by: [ \"header:\" ]", "'header:'" + Known)]
    [InlineData("by: [ \"header:a b\" ]", "'header:a b'" + Known)]
    [InlineData("ttl: 2d", "the time of an affinity is between 1s and 1d")]
    [InlineData("ttl: 0s", "the time of an affinity is between 1s and 1d")]
    public void One_that_could_not_work_is_refused(string affinity, string expected)
    {
        using var given = Given.Yaml($$"""
            providers: { mock: {} }
            models: { fast: { targets: [ mock/a ], affinity: { {{affinity}} } } }
            """);

        Assert.Contains(given.Problems(), problem => problem.EndsWith(": " + expected, StringComparison.Ordinal));
    }
}

using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class VariableTests
{
    [Theory]
    [InlineData("${NAME}", "value")]
    [InlineData("\"${NAME}\"", "value")]
    [InlineData("'${NAME}'", "value")]
    [InlineData("a-${NAME}-${NAME}-b", "a-value-value-b")]
    [InlineData("${NONE:-other}", "other")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("${NAME:-other}", "value")]
    [InlineData("${NONE:-a, [b] # c: 'd' \"e\"}", "a, [b] # c: 'd' \"e\"")]
    [InlineData("$${NAME}", "${NAME}")]
    [InlineData("$NAME $ {x", "$NAME $ {x")]
    [InlineData("${TRICK}", "x, strict: true }\nstrict: true")]
    public void A_reference_is_replaced_and_never_read_as_YAML(string written, string expected)
    {
        using var given = Given.Yaml(written.Contains("{x", StringComparison.Ordinal)
                ? $"providers:\n  mock:\n    settings:\n      a: {written}\n"
                : $"providers: {{ mock: {{ settings: {{ a: {written} }} }} }}")
            .With("NAME", "value").With("EMPTY", "").With("TRICK", "x, strict: true }\nstrict: true");

        var options = given.Options();

        Assert.Equal(expected, options.Providers["mock"].Settings["a"]);
        Assert.False(options.Strict);
    }

    [Fact]
    public void A_reference_may_stand_for_any_kind_of_value()
    {
        using var given = Given.Yaml("strict: ${S}\ntimeouts: { idle: \"${T}s\" }\nserver: { max_body: ${B:-8MB} }").With("S", "true")
            .With("T", "7");

        var options = given.Options();

        Assert.Equal((true, 7, 8 << 20), (options.Strict, options.Timeouts.Idle.Seconds, options.Server.MaxBodyBytes));
    }

    [Fact]
    public void A_variable_that_is_not_set_is_a_problem_with_its_name_and_place()
    {
        using var given = Given.Yaml("providers:\n  openai: { key: ${OPENAI_API_KEY} }\n");

        Assert.Equal(
            "switchyard.yaml:2:18: providers.openai.key: the environment variable OPENAI_API_KEY is not set; " +
            "set it, or give a default: ${OPENAI_API_KEY:-default}",
            given.Problem());
    }

    [Theory]
    [InlineData("\"${sk-secret}\"", "'${…}' must hold the name of an environment variable")]
    [InlineData("\"${}\"", "'${…}' must hold the name of an environment variable")]
    [InlineData("\"${OPEN\"", "'${' is not closed by '}'")]
    public void A_malformed_reference_is_a_problem_that_repeats_nothing(string written, string expected)
    {
        using var given = Given.Yaml($"providers:\n  openai:\n    key: {written}\n");

        var problem = given.Problem();

        Assert.StartsWith("switchyard.yaml:3:10: providers.openai.key: " + expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_set_to_nothing_is_an_empty_key()
    {
        using var given = Given.Yaml("providers: { openai: { key: ${K} } }").With("K", "");

        Assert.Equal(
            "switchyard.yaml:1:29: the key of 'openai' is empty; leave it out to take the provider's usual variable", given.Problem());
    }

    [Fact]
    public void A_reference_before_a_mistake_does_not_move_its_place()
    {
        using var given = Given.Yaml("providers: { openai: { key: ${K:-x}, kye: a } }");

        Assert.StartsWith("switchyard.yaml:1:38: unknown key", given.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_comment_may_mention_a_variable_that_is_not_set()
    {
        using var given = Given.Yaml("# key: ${NOT_SET}\nstrict: true # ${NOT_SET}\n");

        Assert.True(given.Options().Strict);
    }

    [Fact]
    public void Values_from_outside_the_file_are_taken_as_they_are()
    {
        using var given = new Given().Set("providers.openai.key=${X}");

        Assert.Equal("${X}", given.Options().Providers["openai"].Key);
    }
}

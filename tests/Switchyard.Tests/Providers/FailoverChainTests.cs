using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>The predefined chain of the catalogue.</summary>
public sealed class FailoverChainTests
{
    // The order of the reference system; its names that are aliases here mean the catalogue's providers.
    private static readonly string[] s_order =
    [
        .. new[]
        {
            "cerebras", "huggingface", "featherless", "vercel-ai-gateway", "aihubmix", "anannas", "alibaba-cloud", "fireworks", "together",
            "google-vertex", "openrouter",
        }.Select(ProviderCatalog.Default.Normalize),
    ];

    private readonly FailoverChain _chain = ProviderCatalog.Default.Failover;

    [Covers("S004-41")]
    [Theory]
    [InlineData("cerebras")]
    [InlineData("Fireworks")]
    [InlineData(" OPENROUTER ")]
    public void The_provider_asked_for_is_first_and_the_others_follow_in_the_order_of_the_chain(string first)
    {
        var name = first.Trim().ToLowerInvariant();

        Assert.Equal([name, .. s_order.Where(other => other != name)], _chain.From(first));
    }

    [Covers("S004-42")]
    [Fact]
    public void A_provider_outside_the_chain_stands_alone_and_without_one_there_is_a_usual_one()
    {
        Assert.Equal(["openai"], _chain.From("openai"));
        Assert.Equal(["openrouter"], _chain.From(null));
        Assert.Equal(["openrouter"], _chain.From(" "));
        Assert.Empty(new FailoverChain().From(null));
    }

    [Covers("S004-46")]
    [Theory]
    [InlineData("openrouter/auto")]
    [InlineData("openai/gpt-4o")]
    [InlineData("anthropic/claude-haiku-4-5")]
    [InlineData("meta-llama/llama-3.3-70b-instruct:free")]
    [InlineData("deepseek/deepseek-v3:EXACTO")]
    [InlineData("qwen/qwen3-coder:extended")]
    public void A_model_that_one_provider_alone_has_cuts_a_chain_that_holds_it(string model)
    {
        Assert.Equal(["openrouter"], _chain.From("cerebras", model));
        Assert.Equal(["openrouter"], _chain.From(null, model));
        Assert.Equal(["groq"], _chain.From("groq", model));
    }

    [Covers("S004-46")]
    [Theory]
    [InlineData("meta-llama/llama-3.3-70b-instruct")]
    [InlineData("free")]
    [InlineData("my-openai/model")]
    public void Any_other_model_leaves_the_chain_as_it_is(string model) => Assert.Equal(s_order, _chain.From("cerebras", model));
}

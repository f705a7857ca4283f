using Switchyard.Models;
using Xunit;

namespace Switchyard.Tests.Models;

public sealed class NormalizedNamesTests
{
    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", "claude-sonnet-4-5")]
    [InlineData("claude-sonnet-4-5@20250929", "claude-sonnet-4-5")]
    [InlineData("claude-opus-4-6@default", "claude-opus-4-6")]
    [InlineData("gpt-4o-2024-11-20", "gpt-4o")]
    [InlineData("mistral-small-latest", "mistral-small")]
    [InlineData("us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5")]
    [InlineData("openai.gpt-oss-120b-1:0", "openai.gpt-oss-120b")]
    [InlineData("amazon.nova-pro-v1:0:300k", "amazon.nova-pro")]
    [InlineData("accounts/fireworks/models/kimi-k2p5", "kimi-k2p5")]
    [InlineData("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro")]
    [InlineData("GPT-4o", "gpt-4o")]
    // A version that looks like a date is kept.
    [InlineData("mistral-large-2411", "mistral-large-2411")]
    [InlineData("gpt-4-0613", "gpt-4-0613")]
    [InlineData("qwen3-235b-a22b-2507", "qwen3-235b-a22b-2507")]
    [InlineData("deepseek/deepseek-r1:free", "deepseek/deepseek-r1:free")]
    [InlineData("", "")]
    public void A_name_is_what_says_which_model(string model, string name) => Assert.Equal(name, NormalizedNames.Normalize(model));

    [Theory]
    [InlineData("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5")]
    [InlineData("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5")]
    [InlineData("meta-llama/Llama-3.3-70B-Instruct", "llama-3-3-70b-instruct")]
    [InlineData("gpt-4.1", "gpt-4-1")]
    public void Everywhere_it_is_the_same(string model, string name) => Assert.Equal(name, NormalizedNames.Everywhere(model));
}

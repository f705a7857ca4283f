using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>The settings of a call that over HTTP are headers, and in process additional properties of its options.</summary>
public sealed class CallMetadataTests
{
    [Theory]
    [InlineData(true)]
    [InlineData("True")]
    [InlineData(false)]
    [InlineData("no")]
    [InlineData(null)]
    public async Task A_call_may_ask_for_strict_mode(object? strict)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new()
        {
            BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "anthropic-messages",
        });
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);
        var options = new ChatOptions
        {
            ModelId = "up/m",
            Seed = 7,
            AdditionalProperties = strict is null ? null : new() { [AnswerFacts.Strict] = strict },
        };

        if (strict is true or "True")
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hi", options));
            Assert.Equal((CallErrorKind.InvalidRequest, "seed"), (refused.Error.Kind, refused.Error.Param));
            Assert.Empty(upstream.Requests);
            return;
        }

        var answer = await given.Chat.GetResponseAsync("Hi", options);
        Assert.Equal(["seed"], (string[])answer.AdditionalProperties![AnswerFacts.Dropped]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_may_ask_why_it_went_where_it_went(bool stream)
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new());
        var options = new ChatOptions { ModelId = "mock/mock-model-v1", AdditionalProperties = new() { [AnswerFacts.Explain] = true } };

        var facts = stream
            ? (await given.Chat.GetStreamingResponseAsync("Hi", options).FirstAsync()).AdditionalProperties
            : (await given.Chat.GetResponseAsync("Hi", options)).AdditionalProperties;
        Assert.Contains("mock/mock-model-v1", (string)facts![AnswerFacts.Explain]!, StringComparison.Ordinal);

        options.AdditionalProperties = null;
        var other = await given.Chat.GetResponseAsync("Hi", options);
        Assert.DoesNotContain(AnswerFacts.Explain, other.AdditionalProperties!.Keys);
    }

    [Theory]
    [InlineData("x-switchyard-tenat", "Did you mean 'x-switchyard-tenant'?")]
    [InlineData(AnswerFacts.Provider, "is not a setting of a call. The settings are x-switchyard-tenant, ")]
    public async Task A_name_of_ours_that_is_no_setting_is_refused_and_not_sent(string name, string says)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        var properties = new AdditionalPropertiesDictionary { [name] = "blue" };

        var chat = await Assert.ThrowsAsync<CallException>(
            () => given.Chat.GetResponseAsync("Hi", new ChatOptions { ModelId = "up/m", AdditionalProperties = properties }));
        var vectors = await Assert.ThrowsAsync<CallException>(() => given.Embeddings.GenerateAsync(
            ["Hi"], new EmbeddingGenerationOptions { ModelId = "up/m", AdditionalProperties = properties }));

        Assert.Equal((CallErrorKind.InvalidRequest, name), (chat.Error.Kind, chat.Error.Param));
        Assert.Contains(says, chat.Message, StringComparison.Ordinal);
        Assert.Equal(chat.Message, vectors.Message);
        Assert.Empty(upstream.Requests);
        Assert.Equal("blue", properties[name]);
    }

    [Theory]
    [InlineData("openai-chat", true)]
    [InlineData("gemini", false)]
    public async Task Another_name_that_begins_with_x_is_a_field_like_any_other(string dialect, bool isSent)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new()
        {
            BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect,
        });
        upstream.ThenJson(ProviderFormat.Of(dialect).Whole);

        var answer = await given.Chat.GetResponseAsync(
            "Hi", new ChatOptions { ModelId = "up/m", AdditionalProperties = new() { ["x-mode"] = "fast" } });

        Assert.Equal(isSent, upstream.LastRequest.Text.Contains("\"x-mode\":\"fast\"", StringComparison.Ordinal));
        Assert.Equal(!isSent, answer.AdditionalProperties!.ContainsKey(AnswerFacts.Dropped));
    }
}

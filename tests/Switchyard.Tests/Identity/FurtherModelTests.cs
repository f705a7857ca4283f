using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>An in-process caller whose tenant has a list of models, and that names further ones for the provider.</summary>
public sealed class FurtherModelTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("models")]
    [InlineData("openai-chat:models")]
    public async Task A_further_model_that_is_not_allowed_is_refused_whole_and_streamed_and_one_that_is_goes_on(string name)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Within(upstream);
        var options = AnOption();
        options.AdditionalProperties![name] = (string[])["some-model", "other-model"];

        var whole = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello", options, Stop));
        var streamed = await Assert.ThrowsAsync<CallException>(
            async () => await given.Chat.GetStreamingResponseAsync("Hello", options, Stop).ToListAsync(Stop));

        Assert.Equal((403, "model_not_allowed", "models"), (whole.Error.Status, whole.Error.Code, whole.Error.Param));
        Assert.Equal((403, "model_not_allowed", "models"), (streamed.Error.Status, streamed.Error.Code, streamed.Error.Param));
        Assert.Empty(upstream.Requests);

        options.AdditionalProperties[name] = (string[])["some-model"];
        await given.Chat.GetResponseAsync("Hello", options, Stop);
        Assert.Equal("some-model", (string?)JsonNode.Parse(upstream.LastRequest.Text)!["models"]![0]);
    }

    [Fact]
    public async Task One_that_a_factory_adds_is_refused_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Within(upstream);
        var options = AnOption();
        options.RawRepresentationFactory = _ => new JsonObject { ["fallbacks"] = new JsonArray("other-model") };

        var refused = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello", options, Stop));

        Assert.Equal(("model_not_allowed", "fallbacks"), (refused.Error.Code, refused.Error.Param));
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task One_that_a_tool_asks_is_refused_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Within(upstream);
        var tool = JsonElement.Parse("""{"type":"advisor_20260301","name":"advisor","model":"other-model"}""");
        var declared = AnOption();
        declared.Tools = [new DeclaredTool("advisor", CanonicalKeys.Raw(DialectId.AnthropicMessages), tool)];
        var added = AnOption();
        added.RawRepresentationFactory = _ => new JsonObject { ["tools"] = new JsonArray(JsonNode.Parse(tool.GetRawText())) };

        foreach (var options in (ChatOptions[])[declared, added])
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello", options, Stop));
            Assert.Equal(("model_not_allowed", "tools[].model"), (refused.Error.Code, refused.Error.Param));
        }

        Assert.Empty(upstream.Requests);
    }

    private static Given Within(FakeUpstream upstream) => Given.AnEngine(options =>
    {
        options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Models = ["some-model"] };
        options.Tenants["acme"] = new() { Models = ["up/some-model"] };
    });

    private static ChatOptions AnOption() =>
        new() { ModelId = "up/some-model", AdditionalProperties = new() { [AnswerFacts.Tenant] = "acme" } };
}

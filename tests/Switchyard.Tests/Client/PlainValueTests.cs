using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Additional properties of in-process callers have the same effect as fields of an HTTP request.</summary>
public sealed class PlainValueTests : IAsyncDisposable
{
    private readonly List<FakeUpstream> _upstreams = [];

    [Covers("Z1")]
    [Theory]
    [InlineData("openai-chat", "reasoning_effort", "high")]
    [InlineData("openai-chat", "user", "me")]
    [InlineData("openai-responses", "user", "me")]
    [InlineData("anthropic-messages", "user", "me")]
    public async Task A_plain_text_reaches_the_provider(string dialect, string name, string value)
    {
        var (given, upstream) = await GivenAsync(dialect);
        await using (given)
        {
            await AskAsync(given, new ChatOptions { AdditionalProperties = new() { [name] = value } });
            Assert.Contains(value, upstream.LastRequest.Text, StringComparison.Ordinal);
        }
    }

    [Covers("Z1")]
    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("cohere")]
    [InlineData("ollama")]
    [InlineData("bedrock-converse")]
    [InlineData("openai-responses")]
    public async Task What_a_dialect_has_no_place_for_is_refused_in_strict_mode(string dialect)
    {
        var (given, upstream) = await GivenAsync(dialect, options => options.Strict = true);
        await using (given)
        {
            var bias = new Dictionary<string, int> { ["50256"] = -100 };
            var options = new ChatOptions { AdditionalProperties = new() { ["logit_bias"] = bias } };
            var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given, options))).Error;
            Assert.Equal((CallErrorKind.InvalidRequest, "logit_bias"), (error.Kind, error.Param));
            Assert.Empty(upstream.Requests);
        }
    }

    [Covers("Z1")]
    [Fact]
    public async Task A_hint_on_a_part_of_a_message_reaches_the_provider_and_the_callers_objects_stay_as_they_are()
    {
        var (given, upstream) = await GivenAsync("anthropic-messages");
        await using (given)
        {
            var hint = new { type = "ephemeral" };
            var part = new TextContent("Long context") { AdditionalProperties = new() { ["cache_control"] = hint } };
            var tool = new DeclaredTool(new AdditionalPropertiesDictionary { ["cache_control"] = hint });
            await Assert.ThrowsAnyAsync<CallException>(() => given.Chat.GetResponseAsync(
                [new ChatMessage(ChatRole.User, [part])], new ChatOptions { ModelId = "up/some-model", Tools = [tool] }));

            var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
            Assert.Equal("ephemeral", (string?)sent["messages"]![0]!["content"]![0]!["cache_control"]!["type"]);
            Assert.Equal("ephemeral", (string?)sent["tools"]![0]!["cache_control"]!["type"]);
            Assert.Same(hint, part.AdditionalProperties["cache_control"]);
        }
    }

    [Theory]
    [InlineData("strict")]
    [InlineData("Strict")]
    [InlineData("strictJsonSchema")]
    public async Task Whether_a_tool_is_strict_may_be_said_as_libraries_do(string name)
    {
        var (given, upstream) = await GivenAsync("openai-chat");
        await using (given)
        {
            var tool = new DeclaredTool(new Dictionary<string, object?> { [name] = false });
            await AskAsync(given, new ChatOptions { Tools = [tool] });

            var function = JsonNode.Parse(upstream.LastRequest.Text)!["tools"]![0]!["function"]!.AsObject();
            Assert.Equal(["name", "parameters", "strict"], function.Select(member => member.Key));
            Assert.False((bool)function["strict"]!);
        }
    }

    /// <summary>MCP tools are marked as not strict; agent frameworks record the author on messages.</summary>
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("ollama")]
    public async Task What_an_application_attached_to_its_messages_stays_with_it(string dialect)
    {
        var (given, upstream) = await GivenAsync(dialect, options => options.Strict = true);
        await using (given)
        {
            var part = new TextContent("Hello") { AdditionalProperties = new() { ["my-page"] = 7 } };
            var message = new ChatMessage(ChatRole.User, [part])
            {
                AdditionalProperties = new() { ["my-id"] = 5, ["secret"] = new object(), ["_attribution"] = new { agent = "me" } },
            };
            var tool = new DeclaredTool(new Dictionary<string, object?> { ["Strict"] = false, ["my-owner"] = "me" });
            await AskAsync(given, new ChatOptions { Tools = [tool] }, message);

            var sent = Assert.Single(upstream.Requests).Text;
            Assert.Contains("look_up", sent, StringComparison.Ordinal);
            foreach (var name in new[] { "my-page", "my-id", "secret", "_attribution", "Strict", "my-owner" })
                Assert.DoesNotContain($"\"{name}\"", sent, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_value_that_was_attached_as_json_is_a_field_whatever_its_name()
    {
        var (given, upstream) = await GivenAsync("openai-chat");
        await using (given)
        {
            var message = new ChatMessage(ChatRole.User, "Hello")
            {
                AdditionalProperties = new() { ["mood"] = new JsonObject { ["now"] = "good" }, ["weight"] = JsonElement.Parse("1") },
            };
            await AskAsync(given, new ChatOptions(), message);

            var sent = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]![0]!;
            Assert.Equal("good", (string?)sent["mood"]!["now"]);
            Assert.Equal(1, (int)sent["weight"]!);
        }
    }

    [Fact]
    public async Task What_a_dialect_keeps_of_a_call_for_itself_is_not_sent()
    {
        var (given, upstream) = await GivenAsync("gemini");
        await using (given)
        {
            upstream.ThenJson(
                """
                {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"c1","name":"ls","args":{}}}]},
                "finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r"}
                """);
            var options = new ChatOptions { ModelId = "up/some-model" };
            List<ChatMessage> history = [new(ChatRole.User, "Go")];
            history.AddMessages(await given.Chat.GetResponseAsync(history, options));
            history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "a")]));
            await given.Chat.GetResponseAsync(history, options);

            Assert.Contains("\"id\":\"c1\"", upstream.LastRequest.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("has_wire_id", upstream.LastRequest.Text, StringComparison.Ordinal);
        }
    }

    [Covers("Z1")]
    [Fact]
    public async Task The_input_type_of_embeddings_reaches_the_provider()
    {
        var (given, upstream) = await GivenAsync("cohere");
        await using (given)
        {
            await Assert.ThrowsAnyAsync<CallException>(() => given.Embeddings.GenerateAsync(
                ["a"], new() { ModelId = "up/embed", AdditionalProperties = new() { ["input_type"] = "search_query" } }));
            Assert.Contains("search_query", upstream.LastRequest.Text, StringComparison.Ordinal);
        }
    }

    [Covers("Z1")]
    [Fact]
    public async Task A_value_that_is_no_json_is_named_as_lost()
    {
        var (given, _) = await GivenAsync("openai-chat");
        await using (given)
        {
            var options = new ChatOptions { AdditionalProperties = new() { ["delegate"] = () => 1 }, ModelId = "up/some-model" };
            var answer = await given.Chat.GetResponseAsync("Hello", options);
            Assert.Contains("delegate", (string[])answer.AdditionalProperties![AnswerFacts.Dropped]!);
        }
    }

    [Covers("Z1")]
    [Fact]
    public async Task A_client_in_this_process_gets_the_callers_own_values()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client);
        await given.Chat.GetResponseAsync("Hello", new ChatOptions { AdditionalProperties = new() { ["top"] = 3 } });

        Assert.Equal(3, Assert.Single(client.Asked).Options!.AdditionalProperties!["top"]);
    }

    [Covers("Z2")]
    [Fact]
    public async Task Json_of_a_raw_representation_is_part_of_the_request_behind_what_is_set_otherwise()
    {
        var (given, upstream) = await GivenAsync("openai-chat");
        await using (given)
        {
            IChatClient? seen = null;
            var chat = given.Chat;
            await chat.GetResponseAsync("Hello", new ChatOptions
            {
                ModelId = "up/some-model",
                AdditionalProperties = new() { ["user"] = "me" },
                RawRepresentationFactory = client =>
                {
                    seen = client;
                    return new JsonObject { ["service_tier"] = "flex", ["user"] = "another" };
                },
            });

            var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
            Assert.Equal(("flex", "me"), ((string?)sent["service_tier"], (string?)sent["user"]));
            Assert.Same(chat, seen);
        }
    }

    [Fact]
    public async Task Json_of_a_raw_representation_stays_part_of_a_request_that_a_guard_masks()
    {
        var (given, upstream) = await GivenAsync("openai-chat", options =>
        {
            options.Strict = true;
            options.Guards["pii"] = new() { Type = "mask", On = ["request"] };
        });
        await using (given)
        {
            await AskAsync(
                given,
                new ChatOptions { RawRepresentationFactory = _ => new JsonObject { ["service_tier"] = "flex" } },
                new ChatMessage(ChatRole.User, "I am ada@example.com"));
            var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
            Assert.Equal(
                ("flex", "I am [EMAIL_1]"), ((string?)sent["service_tier"], (string?)sent["messages"]![0]!["content"]));

            await AskAsync(given, new ChatOptions
            {
                AdditionalProperties = new()
                {
                    ["node"] = new JsonObject { ["of"] = "ada@example.com" },
                    ["list"] = new List<string> { "ada@example.com" },
                },
            });
            sent = JsonNode.Parse(upstream.LastRequest.Text)!;
            Assert.Equal(("[EMAIL_1]", "[EMAIL_1]"), ((string?)sent["node"]!["of"], (string?)sent["list"]![0]));

            // The upstream's answer has no vectors.
            await Assert.ThrowsAnyAsync<CallException>(() => given.Embeddings.GenerateAsync(
                ["ada@example.com"],
                new() { ModelId = "up/embed", RawRepresentationFactory = _ => new JsonObject { ["user"] = "me" } }));
            sent = JsonNode.Parse(upstream.LastRequest.Text)!;
            Assert.Equal("me", (string?)sent["user"]);
            Assert.Contains("[EMAIL_1]", upstream.LastRequest.Text, StringComparison.Ordinal);
        }
    }

    [Covers("Z2")]
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    public async Task A_raw_representation_of_another_library_is_named_as_lost(string dialect)
    {
        var (given, upstream) = await GivenAsync(dialect, options => options.Strict = true);
        await using (given)
        {
            var error = (await Assert.ThrowsAsync<CallException>(
                () => AskAsync(given, new ChatOptions { RawRepresentationFactory = _ => new Version(1, 0) }))).Error;
            Assert.Equal("RawRepresentationFactory", error.Param);
            Assert.Empty(upstream.Requests);
        }
    }

    [Covers("Z2")]
    [Fact]
    public async Task A_client_in_this_process_gets_the_factory_itself()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client);
        Func<IChatClient, object?> factory = _ => new Version(1, 0);
        await given.Chat.GetResponseAsync("Hello", new ChatOptions { RawRepresentationFactory = factory });

        Assert.Same(factory, Assert.Single(client.Asked).Options!.RawRepresentationFactory);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var upstream in _upstreams)
            await upstream.DisposeAsync();
    }

    private static async Task AskAsync(Given given, ChatOptions options, ChatMessage? message = null)
    {
        options.ModelId = "up/some-model";
        try
        {
            await given.Chat.GetResponseAsync([message ?? new ChatMessage(ChatRole.User, "Hello")], options);
        }
        catch (CallException e) when (e.Error.Kind is CallErrorKind.UpstreamUnavailable)
        {
            // The upstream answers in one format only; the test is about the request.
        }
    }

    private async Task<(Given Given, FakeUpstream Upstream)> GivenAsync(string dialect, Action<SwitchyardOptions>? configure = null)
    {
        var upstream = await FakeUpstream.StartAsync();
        _upstreams.Add(upstream);
        var given = Given.AnEngine(options =>
        {
            options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect };
            configure?.Invoke(options);
        });
        return (given, upstream);
    }

    private sealed class DeclaredTool(IReadOnlyDictionary<string, object?> kept) : AIFunctionDeclaration
    {
        public override string Name => "look_up";

        public override JsonElement JsonSchema { get; } = JsonElement.Parse("""{"type":"object"}""");

        public override IReadOnlyDictionary<string, object?> AdditionalProperties => kept;
    }
}

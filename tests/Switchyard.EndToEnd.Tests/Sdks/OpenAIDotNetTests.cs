using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.EndToEnd.Tests.Upstream;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>OpenAI's own .NET client; only its address is changed.</summary>
public sealed class OpenAIDotNetTests
{
    private static readonly BinaryData s_place = BinaryData.FromString(
        """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","days"],"additionalProperties":false}""");

    private static readonly ChatTool s_weather = ChatTool.CreateFunctionTool(
        "get_weather", "The weather.", s_place, functionSchemaIsStrict: true);
    private static readonly ChatTool s_time = ChatTool.CreateFunctionTool("get_time", "The time.", s_place);

    public static TheoryData<EgressMode> Modes => [EgressMode.Forward, EgressMode.Translate];

    public static TheoryData<EgressMode, bool, int, int, string> Errors
    {
        get
        {
            var data = new TheoryData<EgressMode, bool, int, int, string>();
            foreach (var mode in (EgressMode[])[EgressMode.Forward, EgressMode.Translate])
            {
                foreach (var stream in (bool[])[false, true])
                {
                    data.Add(mode, stream, 400, 400, "Unsupported value: 'temperature' does not support 3.");
                    data.Add(mode, stream, 401, 500, "authentication failed");
                    data.Add(mode, stream, 404, 404, "model_not_found");
                    data.Add(mode, stream, 429, 429, "Rate limit reached");
                    data.Add(mode, stream, 500, 502, "The server had an error");
                    data.Add(mode, stream, 503, 502, "The server is overloaded.");
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_chats(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);

        ChatCompletion answer = await Chat(setup).CompleteChatAsync(
            [new SystemChatMessage("Be brief."), new UserChatMessage("Grüße, 世界 👋")],
            new ChatCompletionOptions
            {
                Temperature = 0.7f,
                TopP = 0.9f,
                MaxOutputTokenCount = 50,
                StopSequences = { "END" },
                EndUserId = "u1",
                FrequencyPenalty = 0.5f,
            });

        Assert.Equal("You said: Grüße, 世界 👋 (told to: Be brief.)", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("gpt-script-2026-01-01", answer.Model);
        Assert.Equal(ChatMessageRole.Assistant, answer.Role);
        AssertUsage(answer.Usage);
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task What_it_asks_for_reaches_the_provider(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);

        await Chat(setup).CompleteChatAsync(
            [new UserChatMessage("hi") { ParticipantName = "ann" }],
            new ChatCompletionOptions
            {
                Temperature = 0.25f,
                TopP = 0.5f,
                PresencePenalty = 1,
                MaxOutputTokenCount = 77,
                StopSequences = { "a", "b" },
                EndUserId = "u1",
            });

        using var sent = JsonDocument.Parse(setup.Upstream.Requests[^1].Body);
        var request = sent.RootElement;
        Assert.Equal("gpt-script", request.GetProperty("model").GetString());
        Assert.Equal(0.25, request.GetProperty("temperature").GetDouble());
        Assert.Equal(0.5, request.GetProperty("top_p").GetDouble());
        Assert.Equal(1, request.GetProperty("presence_penalty").GetDouble());
        Assert.Equal(77, request.GetProperty("max_completion_tokens").GetInt32());
        Assert.Equal(["a", "b"], request.GetProperty("stop").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("u1", request.GetProperty("user").GetString());
        Assert.Equal("ann", request.GetProperty("messages")[0].GetProperty("name").GetString());
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_streams_with_usage(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);

        var updates = await StreamAsync(setup, [new UserChatMessage("Grüße, 世界 👋")]);

        Assert.Equal("You said: Grüße, 世界 👋", string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.True(updates.Count > 4, "the stream came in one piece");
        Assert.Equal(ChatFinishReason.Stop, updates.Last(update => update.FinishReason is not null).FinishReason);
        Assert.Equal(ChatMessageRole.Assistant, updates[0].Role);
        // The client asks for usage by itself.
        AssertUsage(Assert.Single(updates, update => update.Usage is not null).Usage);
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_calls_one_tool_and_gives_its_result_back(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        List<ChatMessage> messages = [new UserChatMessage("weather?")];
        var options =
            new ChatCompletionOptions { Tools = { s_weather, s_time }, ToolChoice = ChatToolChoice.CreateFunctionChoice("get_weather") };

        ChatCompletion first = await Chat(setup).CompleteChatAsync(messages, options);

        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        var call = Assert.Single(first.ToolCalls);
        Assert.Equal(("call_1", "get_weather"), (call.Id, call.FunctionName));
        Assert.Equal("""{"city":"some \"city\" – ü 👋","days":42}""", Compact(call.FunctionArguments.ToString()));

        messages.Add(new AssistantChatMessage(first));
        messages.Add(new ToolChatMessage(call.Id, "sunny"));
        ChatCompletion second = await Chat(setup).CompleteChatAsync(messages, new ChatCompletionOptions { Tools = { s_weather } });

        Assert.Equal("Results: call_1=sunny", second.Content[0].Text);
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_calls_tools_in_parallel(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        List<ChatMessage> messages = [new UserChatMessage("both, please")];
        var options = new ChatCompletionOptions { Tools = { s_weather, s_time } };

        ChatCompletion first = await Chat(setup).CompleteChatAsync(messages, options);

        Assert.Equal(["get_weather", "get_time"], first.ToolCalls.Select(call => call.FunctionName));
        messages.Add(new AssistantChatMessage(first));
        messages.Add(new ToolChatMessage("call_2", "noon"));
        messages.Add(new ToolChatMessage("call_1", "sunny"));
        ChatCompletion second = await Chat(setup).CompleteChatAsync(messages, options);
        Assert.Equal("Results: call_2=noon; call_1=sunny", second.Content[0].Text);

        options.AllowParallelToolCalls = false;
        ChatCompletion single = await Chat(setup).CompleteChatAsync([new UserChatMessage("both, please")], options);
        Assert.Single(single.ToolCalls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_streams_tool_calls_in_fragments(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);

        var updates = await StreamAsync(
            setup, [new UserChatMessage("both, please")], new ChatCompletionOptions { Tools = { s_weather, s_time } });

        var fragments = updates.SelectMany(update => update.ToolCallUpdates).ToList();
        var calls = fragments.GroupBy(fragment => fragment.Index).OrderBy(call => call.Key).ToList();
        Assert.Equal([0, 1], calls.Select(call => call.Key));
        Assert.Equal(["get_weather", "get_time"], calls.Select(call => string.Concat(call.Select(fragment => fragment.FunctionName))));
        Assert.Equal(["call_1", "call_2"], calls.Select(call => string.Concat(call.Select(fragment => fragment.ToolCallId))));
        foreach (var call in calls)
        {
            Assert.True(call.Count() > 3, "the arguments came in one piece");
            var arguments = string.Concat(call.Select(fragment => fragment.FunctionArgumentsUpdate));
            Assert.Equal("""{"city":"some \"city\" – ü 👋","days":42}""", Compact(arguments));
        }

        Assert.Equal(ChatFinishReason.ToolCalls, updates.Last(update => update.FinishReason is not null).FinishReason);
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_gets_an_object_of_its_schema(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("place", s_place, "A place.", jsonSchemaIsStrict: true),
        };

        ChatCompletion answer = await Chat(setup).CompleteChatAsync([new UserChatMessage("where?")], options);

        using var place = JsonDocument.Parse(answer.Content[0].Text);
        Assert.Equal(42, place.RootElement.GetProperty("days").GetInt32());
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_sends_images_by_address_and_by_value(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        var pixels = BinaryData.FromBytes([0x89, 0x50, 0x4E, 0x47, 1, 2, 3]);

        ChatCompletion answer = await Chat(setup).CompleteChatAsync([new UserChatMessage(
            ChatMessageContentPart.CreateTextPart("What is it?"),
            ChatMessageContentPart.CreateImagePart(new Uri("https://example.com/a.png"), ChatImageDetailLevel.Low),
            ChatMessageContentPart.CreateImagePart(pixels, "image/png"))]);

        Assert.Equal("Images: https://example.com/a.png(low), data:image/png;base64,iVBORwECAw==(-)", answer.Content[0].Text);
        AssertMode(setup, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task It_embeds(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        var client = new EmbeddingClient("openai/embed-script", new ApiKeyCredential("any"), Options(setup));

        var answer = (await client.GenerateEmbeddingsAsync(["one", "three"], new EmbeddingGenerationOptions { Dimensions = 5 })).Value;

        Assert.Equal(ScriptedOpenAI.Vector("one", 5), answer[0].ToFloats().ToArray());
        Assert.Equal(ScriptedOpenAI.Vector("three", 5), answer[1].ToFloats().ToArray());
        Assert.Equal(11, answer.Usage.InputTokenCount);
        AssertMode(setup, mode);
    }

    [Fact]
    public async Task It_moderates()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward);
        var client = new OpenAI.Moderations.ModerationClient("openai/mod-script", new ApiKeyCredential("any"), Options(setup));

        var answer = (await client.ClassifyTextAsync(["good", "bad"])).Value;

        Assert.Equal([false, true], answer.Select(result => result.Flagged));
        Assert.True(answer[1].Violence.Score > 0.9);
    }

    [Fact]
    public async Task It_lists_models_aliases_first()
    {
        await using var setup = await GatewayUnderTest.StartAsync(
            EgressMode.Forward,
            options => options.Models["fast"] = new ModelRouteOptions { Targets = [new TargetOptions { Model = "openai/gpt-script" }] });
        var client = new OpenAI.Models.OpenAIModelClient(new ApiKeyCredential("any"), Options(setup));

        var models = (await client.GetModelsAsync()).Value;

        Assert.Equal("fast", models[0].Id);
        Assert.Contains(models, model => model.Id == "openai/gpt-script");
        Assert.Equal("fast", (await client.GetModelAsync("fast")).Value.Id);
        Assert.Equal("openai/gpt-script", (await client.GetModelAsync("openai/gpt-script")).Value.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("nobody-has-this"))).Status);
    }

    [Theory, MemberData(nameof(Errors))]
    public async Task It_throws_the_error_with_its_status(EgressMode mode, bool stream, int upstream, int status, string message)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        List<ChatMessage> messages = [new UserChatMessage("hi")];

        var error = await Assert.ThrowsAsync<ClientResultException>(async () =>
        {
            if (stream)
                await StreamAsync(setup, messages, model: $"openai/gpt-error-{upstream}");
            else
                await Chat(setup, $"openai/gpt-error-{upstream}").CompleteChatAsync(messages);
        });

        Assert.Equal(status, error.Status);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(ScriptedOpenAI.Key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_gets_an_error_when_the_model_is_unknown()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward);

        var error = await Assert.ThrowsAsync<ClientResultException>(
            () => Chat(setup, "gtp-script").CompleteChatAsync([new UserChatMessage("hi")]));

        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message, StringComparison.Ordinal);
        Assert.Contains("gpt-script", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_refused_with_the_wrong_key_and_let_in_with_the_right_one()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward, options => options.Server.Keys = ["sk-of-a-client"]);
        var wrong = new ChatClient("openai/gpt-script", new ApiKeyCredential("sk-wrong"), Options(setup));
        var right = new ChatClient("openai/gpt-script", new ApiKeyCredential("sk-of-a-client"), Options(setup));

        var error = await Assert.ThrowsAsync<ClientResultException>(() => wrong.CompleteChatAsync([new UserChatMessage("hi")]));
        ChatCompletion answer = await right.CompleteChatAsync([new UserChatMessage("hi")]);

        Assert.Equal(401, error.Status);
        Assert.Equal("You said: hi", answer.Content[0].Text);
        Assert.Equal($"Bearer {ScriptedOpenAI.Key}", Assert.Single(setup.Upstream.Requests).Headers["Authorization"]);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task The_upstream_is_closed_when_it_stops_reading_a_stream(EgressMode mode)
    {
        await using var setup = await GatewayUnderTest.StartAsync(mode);
        using var enough = new CancellationTokenSource();

        var said = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Chat(setup, "openai/gpt-hang")
                .CompleteChatStreamingAsync([new UserChatMessage("hi")], cancellationToken: enough.Token))
            {
                said += string.Concat(update.ContentUpdate.Select(part => part.Text));
                if (said.Length >= 6)
                    await enough.CancelAsync();
            }
        });

        Assert.StartsWith("You sa", said, StringComparison.Ordinal);
        await setup.Upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static ChatClient Chat(GatewayUnderTest setup, string model = "openai/gpt-script") =>
        new(model, new ApiKeyCredential("any"), Options(setup));

    private static OpenAIClientOptions Options(GatewayUnderTest setup) =>
        new() { Endpoint = setup.BaseUrl, RetryPolicy = new ClientRetryPolicy(0) };

    private static async Task<List<StreamingChatCompletionUpdate>> StreamAsync(
        GatewayUnderTest setup, List<ChatMessage> messages, ChatCompletionOptions? options = null, string model = "openai/gpt-script")
    {
        var updates = new List<StreamingChatCompletionUpdate>();
        await foreach (var update in Chat(setup, model).CompleteChatStreamingAsync(messages, options))
            updates.Add(update);
        return updates;
    }

    private static void AssertUsage(ChatTokenUsage usage)
    {
        Assert.True(usage.InputTokenCount > 0 && usage.OutputTokenCount > 0);
        Assert.Equal(usage.InputTokenCount + usage.OutputTokenCount, usage.TotalTokenCount);
        Assert.Equal(3, usage.InputTokenDetails.CachedTokenCount);
        Assert.Equal(5, usage.OutputTokenDetails.ReasoningTokenCount);
    }

    private static void AssertMode(GatewayUnderTest setup, EgressMode mode) => Assert.All(setup.Modes, seen => Assert.Equal(mode, seen));

    private static string Compact(string json)
    {
        using var document = JsonDocument.Parse(json);
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $$"""{"city":"{{document.RootElement.GetProperty("city").GetString()!.Replace("\"", "\\\"", StringComparison.Ordinal)}}","days":{{document.RootElement.GetProperty("days").GetInt32()}}}""");
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>The same request in process and over HTTP: the same text, the same route, the same cost.</summary>
public sealed class BothFacesTests
{
    public static TheoryData<string, bool> Requests
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var model in (string[])["mock/mock-model-v1", "mock-model-v2", "script/gpt-script", "alias", "limping", "loses-first"])
            {
                data.Add(model, false);
                data.Add(model, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task An_answer_is_the_same_in_this_process_and_over_http(string model, bool stream)
    {
        await using var script = await Upstream.ScriptedOpenAI.StartAsync();
        await using var limping = await FakeUpstream.StartAsync();
        limping.ThenJson("""{"error":{"message":"overloaded"}}""", 503);
        await using var gateway = await StartAsync(script, limping);

        var inProcess = await AskInProcessAsync(gateway, model, stream, "Grüße, 世界 👋");
        var overHttp = await AskOverHttpAsync(gateway, model, stream, "Grüße, 世界 👋");

        Assert.Equal(inProcess, overHttp);
        Assert.Contains("Grüße, 世界 👋", overHttp, StringComparison.Ordinal);
        Assert.Contains(model is "limping" or "loses-first" ? "in 2 attempts" : "in 1 attempts", overHttp, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-model", CallErrorKind.ModelNotFound, 404)]
    [InlineData("script/gpt-error-400", CallErrorKind.UpstreamRejected, 400)]
    [InlineData("script/gpt-error-401", CallErrorKind.UpstreamAuthenticationFailed, 500)]
    [InlineData("script/gpt-error-429", CallErrorKind.UpstreamRateLimited, 429)]
    [InlineData("script/gpt-error-500", CallErrorKind.UpstreamUnavailable, 502)]
    public async Task A_failure_is_the_same_in_this_process_and_over_http(string model, CallErrorKind kind, int status)
    {
        await using var script = await Upstream.ScriptedOpenAI.StartAsync();
        await using var limping = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(script, limping);

        foreach (var stream in (bool[])[false, true])
        {
            var thrown = await Assert.ThrowsAsync<CallException>(() => AskInProcessAsync(gateway, model, stream, "hi"));
            using var response = await gateway.ChatAsync(Some.ChatRequest(model, stream: stream));
            var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");

            Assert.Equal(kind, thrown.Error.Kind);
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(thrown.Error.Message, error.GetProperty("message").GetString());
            Assert.Equal(thrown.Error.WireCode, error.GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tool_call_is_the_same_in_this_process_and_over_http(bool stream)
    {
        await using var script = await Upstream.ScriptedOpenAI.StartAsync();
        await using var limping = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(script, limping);
        const string schema = """{"type":"object","properties":{"city":{"type":"string"}}}""";
        var tool = AIFunctionFactory.CreateDeclaration("get_weather", "The weather.", JsonElement.Parse(schema));
        var options = new ChatOptions { ModelId = "alias", Tools = [tool] };

        var client = gateway.Services.GetRequiredService<IChatClient>();
        var answer = stream
            ? await client.GetStreamingResponseAsync([new(ChatRole.User, "weather")], options).ToChatResponseAsync()
            : await client.GetResponseAsync([new(ChatRole.User, "weather")], options);
        var call = Assert.Single(answer.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        using var response = await gateway.ChatAsync(Some.ChatRequest(
            "alias", "weather", stream,
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":" + schema + "}}]"));
        var text = await response.Content.ReadAsStringAsync();
        var facts = stream ? ChatFacts.OfStream(text) : ChatFacts.OfAnswer(JsonElement.Parse(text));

        Assert.Contains($"{call.CallId} {call.Name}(", facts, StringComparison.Ordinal);
        Assert.Equal("some \"city\" – ü 👋", call.Arguments!["city"]!.ToString());
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
        Assert.Contains("tool_calls", facts, StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(Upstream.ScriptedOpenAI script, FakeUpstream limping) => GatewayHost.StartAsync(options =>
    {
        options.Providers["mock"] = new ProviderOptions();
        options.Providers["script"] =
            new ProviderOptions { BaseUrl = script.BaseUrl, Key = Upstream.ScriptedOpenAI.Key, Models = ["gpt-script"] };
        options.Providers["limping"] = new ProviderOptions { BaseUrl = limping.BaseUrl };
        options.Models["alias"] = Route(["script/gpt-script"]);
        options.Models["limping"] = Route(["limping/any"], "script/gpt-script");
        options.Models["loses-first"] = Route(["limping/any", "mock/mock-model-v1"]);
    });

    private static ModelRouteOptions Route(string[] targets, params string[] fallback) => new()
    {
        Targets = [.. targets.Select(target => new TargetOptions { Model = target })],
        Fallback = [.. fallback.Select(target => new TargetOptions { Model = target })],
    };

    private static async Task<string> AskInProcessAsync(GatewayHost gateway, string model, bool stream, string text)
    {
        var client = gateway.Services.GetRequiredService<IChatClient>();
        ChatMessage[] messages = [new(ChatRole.User, text)];
        var options = new ChatOptions { ModelId = model };
        var facts = new AdditionalPropertiesDictionary();
        ChatResponse answer;
        if (stream)
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (var update in client.GetStreamingResponseAsync(messages, options))
                updates.Add(update);
            facts = updates[0].AdditionalProperties!;
            answer = updates.ToChatResponse();
        }
        else
        {
            answer = await client.GetResponseAsync(messages, options);
            facts = answer.AdditionalProperties!;
        }

        return Describe(
            answer.Text, answer.FinishReason?.Value, answer.Usage?.InputTokenCount, answer.Usage?.OutputTokenCount,
            facts[AnswerFacts.Provider]!, facts[AnswerFacts.Model]!, facts[AnswerFacts.Attempts]!, facts[AnswerFacts.Config]!);
    }

    private static async Task<string> AskOverHttpAsync(GatewayHost gateway, string model, bool stream, string text)
    {
        using var response = await gateway.ChatAsync(
            Some.ChatRequest(model, text, stream, stream ? ",\"stream_options\":{\"include_usage\":true}" : ""));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        var (said, finish, usage) = ("", default(string), default(JsonElement));
        foreach (var data in stream
            ? body.Split("\n\n").Select(frame => frame.Replace("data: ", "", StringComparison.Ordinal)).Where(data => data.StartsWith('{'))
            : [body])
        {
            var json = JsonElement.Parse(Encoding.UTF8.GetBytes(data));
            foreach (var choice in json.GetProperty("choices").EnumerateArray())
            {
                said += choice.GetProperty(stream ? "delta" : "message").TryGetProperty("content", out var content)
                    ? content.GetString()
                    : "";
                finish = choice.GetProperty("finish_reason").GetString() ?? finish;
            }

            if (json.TryGetProperty("usage", out var reported) && reported.ValueKind == JsonValueKind.Object)
                usage = reported;
        }

        return Describe(
            said, finish, usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64(),
            Header("x-switchyard-provider"), Header("x-switchyard-model"), Header("x-switchyard-attempts"), Header("x-switchyard-config"));

        string Header(string name) => response.Headers.GetValues(name).Single();
    }

    private static string Describe(
        string text, string? finish, long? input, long? output, object provider, object model, object attempts, object config) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{text} [{finish}] {input}+{output} by {provider}/{model} in {attempts} attempts on configuration {config}");
}

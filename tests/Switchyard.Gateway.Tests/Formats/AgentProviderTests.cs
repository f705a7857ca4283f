using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>
/// A provider in this process that calls its own functions, as an agent does: its clients get its text but none of its
/// tool calls.
/// </summary>
public sealed class AgentProviderTests
{
    [Theory]
    [InlineData("openai-chat", false, "\"finish_reason\":\"stop\"")]
    [InlineData("openai-chat", true, "\"finish_reason\":\"stop\"")]
    [InlineData("anthropic-messages", false, "\"stop_reason\":\"end_turn\"")]
    [InlineData("anthropic-messages", true, "\"stop_reason\":\"end_turn\"")]
    [InlineData("gemini", false, "\"finishReason\":\"STOP\"")]
    [InlineData("gemini", true, "\"finishReason\":\"STOP\"")]
    [InlineData("openai-responses", false, "\"status\":\"completed\"")]
    [InlineData("openai-responses", true, "\"status\":\"completed\"")]
    public async Task What_it_has_called_itself_is_not_given_to_its_clients(string client, bool stream, string end)
    {
        await using var gateway = await StartAsync(new Agent(asks: false));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Contains("It is noon.", text, StringComparison.Ordinal);
        Assert.Contains(end, text, StringComparison.Ordinal);
        foreach (var ofCall in (string[])["clock", "call_1", "mark-result", "\"tool_use\"", "\"finish_reason\":\"tool_calls\""])
            Assert.DoesNotContain(ofCall, text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Theory]
    [InlineData("openai-chat", false, "\"finish_reason\":\"tool_calls\"")]
    [InlineData("openai-chat", true, "\"finish_reason\":\"tool_calls\"")]
    [InlineData("anthropic-messages", false, "\"stop_reason\":\"tool_use\"")]
    [InlineData("anthropic-messages", true, "\"stop_reason\":\"tool_use\"")]
    [InlineData("openai-responses", false, "\"type\":\"function_call\"")]
    [InlineData("openai-responses", true, "\"type\":\"function_call\"")]
    public async Task A_call_that_it_leaves_to_its_client_is_given(string client, bool stream, string end)
    {
        await using var gateway = await StartAsync(new Agent(asks: true));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Contains("\"ask_user\"", text, StringComparison.Ordinal);
        Assert.Contains(end, text, StringComparison.Ordinal);
        Assert.DoesNotContain("clock", text, StringComparison.Ordinal);
    }

    /// <summary>Each usage report in a stream is for one request to its model, and it makes several requests.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_all_its_requests_have_used_is_counted_and_reported(bool stream)
    {
        var ended = new TaskCompletionSource<CallRecord>();
        await using var gateway = await StartAsync(new Agent(asks: false), call => ended.TrySetResult(call));

        using var response = await gateway.ChatAsync(
            Some.ChatRequest(stream: stream, extra: stream ? ",\"stream_options\":{\"include_usage\":true}" : ""));

        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"prompt_tokens\":29,\"completion_tokens\":7", text, StringComparison.Ordinal);
        var usage = (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Usage;
        Assert.Equal((29, 7), (usage.Input, usage.Output));
    }

    private static Task<GatewayHost> StartAsync(IChatClient agent, Action<CallRecord>? note = null) => GatewayHost.StartAsync(
        options => options.Strict = true,
        builder => builder.AddProvider("up", agent, null, "some-model").AddSink(new EndedSink(call => note?.Invoke(call))));

    /// <summary>Asks its clock, and then answers or asks the user.</summary>
    private sealed class Agent(bool asks) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return Update(ChatRole.Assistant, "m1", new FunctionCallContent("call_1", "clock"));
            var used = new UsageDetails { InputTokenCount = 20, OutputTokenCount = 5 };
            var called = Update(ChatRole.Assistant, "m1", new UsageContent(used));
            called.FinishReason = ChatFinishReason.ToolCalls;
            yield return called;
            yield return Update(ChatRole.Tool, "m2", new FunctionResultContent("call_1", "mark-result"));
            if (asks)
                yield return Update(ChatRole.Assistant, "m3", new FunctionCallContent("call_2", "ask_user"));
            else
                yield return Update(ChatRole.Assistant, "m3", new TextContent("It is noon."));
            var last = Update(ChatRole.Assistant, "m3", new UsageContent(new UsageDetails { InputTokenCount = 9, OutputTokenCount = 2 }));
            last.FinishReason = asks ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
            yield return last;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static ChatResponseUpdate Update(ChatRole role, string message, AIContent content) =>
            new(role, [content]) { MessageId = message };
    }
}

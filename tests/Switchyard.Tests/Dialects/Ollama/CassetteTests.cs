using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Ollama;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Ollama;

public sealed class CassetteTests
{
    private static readonly EgressCodec s_codec = new(new OllamaDialect());

    [Fact]
    public void Recorded_requests_are_written_as_they_were_recorded() => ForEach(exchange => true, exchange =>
    {
        var recorded = JsonNode.Parse(exchange.Request)!.AsObject();
        var messages = recorded["messages"]!.AsArray().Select(Message).ToList();
        var request = new CanonicalChatRequest(messages, new()) { Stream = recorded["stream"]!.GetValue<bool>() };
        // Empty members have no effect, and are not written.
        foreach (var name in new[] { "format", "options", "tools" })
            recorded.Remove(name);
        var written = s_codec.Encode(request, out var losses, EgressCodec.Target with { Model = recorded["model"]!.GetValue<string>() });
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse(recorded.ToJsonString()), written, "$.messages[].tool_calls[].id", "$.messages[].tool_call_id",
            "$.messages[].tool_name"));
    });

    [Fact]
    public void Recorded_answers_are_read_with_their_exact_usage() =>
        ForEach(exchange => exchange.Status == 200 && !IsStream(exchange), exchange =>
        {
            var recorded = JsonElement.Parse(exchange.Answer);
            var response = s_codec.Answer(Encoding.UTF8.GetString(exchange.Answer));
            Assert.Equal(recorded.GetProperty("message").GetProperty("content").GetString(), response.Text);
            Assert.Equal(recorded.GetProperty("model").GetString(), response.ModelId);
            Assert.Equal(recorded.GetProperty("prompt_eval_count").GetInt64(), response.Usage!.InputTokenCount);
            Assert.Equal(recorded.GetProperty("eval_count").GetInt64(), response.Usage.OutputTokenCount);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            s_codec.AssertSurvives(exchange.Answer, CallOperation.Chat);
        });

    [Covers("E2")]
    [Fact]
    public void Recorded_streams_read_the_same_however_they_are_cut() => ForEach(IsStream, exchange =>
    {
        s_codec.AssertReadsTheSameAtEveryCut(exchange.Answer);
        var (_, error, usage) = s_codec.DecodeStream(exchange.Answer);
        Assert.Null(error);
        Assert.Equal((17, 50), (usage.Input, usage.Output));
        var said = string.Concat(Encoding.UTF8.GetString(exchange.Answer).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line).GetProperty("message").GetProperty("content").GetString()));
        Assert.Equal(said, s_codec.AssertBecomesAStream(exchange.Answer).Text[0]);
    });

    [Fact]
    public void Recorded_errors_keep_their_message() => ForEach(exchange => exchange.Status >= 400, exchange =>
    {
        var error = s_codec.Dialect.DecodeError(exchange.Status, exchange.Answer, EgressCodec.Target);
        Assert.Equal((CallErrorKind.UpstreamRejected, 404, "model_not_found"), (error.Kind, error.Status, error.Code));
        Assert.Equal("model 'nonexistent-model:latest' not found", error.Message);
    });

    private static bool IsStream(Exchange exchange) => exchange.Feature == "api-chat-stream";

    private static ChatMessage Message(JsonNode? node)
    {
        var message = new ChatMessage(new ChatRole(node!["role"]!.GetValue<string>()), []);
        foreach (var call in node["tool_calls"]?.AsArray() ?? [])
        {
            var function = call!["function"]!;
            message.Contents.Add(
                ToolArguments.ToCall("call_1", function["name"]!.GetValue<string>(), function["arguments"]!.ToJsonString()));
        }

        var content = node["content"]!.GetValue<string>();
        message.Contents.Add(message.Role == ChatRole.Tool ? new FunctionResultContent("call_1", content) : new TextContent(content));
        return message;
    }

    private static void ForEach(Func<Exchange, bool> which, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var exchanges = Cassettes.Read("ollama").Where(which).ToList();
        Assert.NotEmpty(exchanges);
        Assert.All(exchanges, check);
    }
}

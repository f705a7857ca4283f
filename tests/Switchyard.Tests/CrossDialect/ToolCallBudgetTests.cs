using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The tool calls of a stream, in every format: parallel ones stay apart, and they do not fill the memory.</summary>
public sealed class ToolCallBudgetTests
{
    private static readonly string s_megabyte = new('x', 1024 * 1024);

    /// <summary>How each format begins and continues a call.</summary>
    private static readonly
        Dictionary<string, (Func<int, (string Name, string Data)> Begin, Func<string, (string Name, string Data)> Continue)> s_calls = new()
        {
            ["openai-chat"] = (
                at => ("", """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":@,"id":"c@","function":{"name":"f","arguments":""}}]}}]}""".Replace("@", $"{at}", StringComparison.Ordinal)),
                piece =>
                    (
                        "",
                        """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]}}]}""".Replace(
                            "@", piece, StringComparison.Ordinal))),
            ["anthropic-messages"] = (
                at => ("content_block_start", """{"type":"content_block_start","index":@,"content_block":{"type":"tool_use","id":"c@","name":"f","input":{}}}""".Replace("@", $"{at}", StringComparison.Ordinal)),
                piece =>
                    (
                        "content_block_delta",
                        """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"@"}}""".Replace(
                            "@", piece, StringComparison.Ordinal))),
            ["gemini"] = (
                at => ("", """{"candidates":[{"index":0,"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}"""),
                piece =>
                    (
                        "",
                        """{"candidates":[{"index":0,"content":{"parts":[{"functionCall":{"name":"f","args":{"a":"@"}}}]}}]}""".Replace(
                            "@", piece, StringComparison.Ordinal))),
            ["openai-responses"] = (
                at => ("response.output_item.added", """{"type":"response.output_item.added","output_index":@,"item":{"type":"function_call","id":"i@","call_id":"c@","name":"f","arguments":""}}""".Replace("@", $"{at}", StringComparison.Ordinal)),
                piece =>
                    (
                        "response.function_call_arguments.delta",
                        """{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"i0","delta":"@"}""".Replace(
                            "@", piece, StringComparison.Ordinal))),
            ["cohere"] = (
                at => ("tool-call-start", """{"type":"tool-call-start","index":@,"delta":{"message":{"tool_calls":{"id":"c@","function":{"name":"f","arguments":""}}}}}""".Replace("@", $"{at}", StringComparison.Ordinal)),
                piece => (
                    "tool-call-delta",
                    """{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"@"}}}}}""".Replace(
                        "@", piece, StringComparison.Ordinal))),
            ["ollama"] = (
                at => ("", """{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":false}"""),
                piece =>
                    (
                        "",
                        """{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":"@"}}}]},"done":false}""".Replace(
                            "@", piece, StringComparison.Ordinal))),
            ["bedrock-converse"] = (
                at =>
                    (
                        "contentBlockStart",
                        """{"contentBlockIndex":@,"start":{"toolUse":{"toolUseId":"c@","name":"f"}}}""".Replace(
                            "@", $"{at}", StringComparison.Ordinal)),
                piece =>
                    (
                        "contentBlockDelta",
                        """{"contentBlockIndex":0,"delta":{"toolUse":{"input":"@"}}}""".Replace("@", piece, StringComparison.Ordinal))),
        };

    public static TheoryData<string> Formats => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Covers("H6")]
    [Theory, MemberData(nameof(Formats))]
    public void Arguments_without_end_are_one_error(string format)
    {
        var (begin, next) = s_calls[format];
        var decoder = BuiltInDialects.Set.Egress(new(format)).CreateStreamDecoder(CallOperation.Chat);
        Assert.Null(Decode(decoder, begin(0)));
        CallError? error = null;
        var pieces = 0;
        for (; error is null && pieces < 300; pieces++)
            error = Decode(decoder, next(s_megabyte));

        Assert.Equal(CallErrorKind.UpstreamUnavailable, error?.Kind);
        Assert.Contains("arguments", error!.Message, StringComparison.Ordinal);
        Assert.InRange(pieces, 15, 18);
        Assert.Null(decoder.Finish([]));
    }

    [Covers("H1")]
    [Theory, MemberData(nameof(Formats))]
    public void Calls_without_end_are_one_error(string format)
    {
        var begin = s_calls[format].Begin;
        var decoder = BuiltInDialects.Set.Egress(new(format)).CreateStreamDecoder(CallOperation.Chat);
        CallError? error = null;
        var calls = 0;
        for (; error is null && calls < 100_000; calls++)
            error = Decode(decoder, begin(calls));

        Assert.Equal(CallErrorKind.UpstreamUnavailable, error?.Kind);
        Assert.InRange(calls, ToolCallBudget.MostCalls, ToolCallBudget.MostCalls + 1);
    }

    [Covers("H1")]
    [Fact]
    public void Hundreds_of_thousands_of_members_of_an_event_are_each_looked_at_once()
    {
        const int Count = 400_000;
        var members = string.Concat(Enumerable.Range(0, Count).Select(i => $"\"m{i}\":1,"));
        var updates = new List<ChatResponseUpdate>();
        var decoder = BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateStreamDecoder(CallOperation.Chat);
        Assert.Null(decoder.Decode(
            new StreamFrame(default, Encoding.UTF8.GetBytes($$$"""{{{{members}}}"choices":[{"index":0,"delta":{"content":"Hi"}}]}""")),
            updates));
        Assert.Equal(Count, updates[0].AdditionalProperties!.Count);
    }

    public static TheoryData<string> WholeCallsUnderOneIndex =>
    [
        """{"index":0,"function":{"name":"@","arguments":"{\"a\":1}"}}""",
        """{"index":0,"id":"","type":"function","function":{"name":"@","arguments":"{\"a\":1}"}}""",
        """{"function":{"name":"@","arguments":"{\"a\":1}"}}""",
        """{"index":0,"id":"call_@","function":{"name":"@","arguments":"{\"a\":1}"}}""",
        """{"index":0,"function":{"name":"@","arguments":""}}""",
    ];

    [Covers("X10")]
    [Theory, MemberData(nameof(WholeCallsUnderOneIndex))]
    public void Whole_parallel_calls_under_one_index_stay_apart(string call)
    {
        var calls = Calls([.. new[] { "a", "b", "c" }.Select(name => call.Replace("@", name, StringComparison.Ordinal))]);

        Assert.Equal(["a", "b", "c"], calls.Select(one => one.Name));
        Assert.All(calls, one => Assert.Null(one.Exception));
        Assert.Equal(3, calls.Select(one => one.CallId).Distinct().Count());
    }

    [Covers("X10")]
    [Fact]
    public void Whole_calls_of_one_function_without_ids_stay_apart()
    {
        var calls = Calls(
            """{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}""",
            """{"index":0,"function":{"name":"f","arguments":"{\"a\":2}"}}""");

        Assert.Equal(["{\"a\":1}", "{\"a\":2}"], calls.Select(ToolArguments.ToText));
    }

    [Covers("X10")]
    [Theory]
    [InlineData("""{"index":0,"function":{"name":"f","arguments":""}}""")]
    [InlineData("""{"index":0,"function":{"name":"f"}}""")]
    [InlineData("""{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}""")]
    public void A_closing_piece_that_repeats_the_name_ends_the_same_call(string closing)
    {
        var call = Assert.Single(Calls(
            """{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\""}}""", """{"index":0,"function":{"arguments":":1}"}}""",
            closing));

        Assert.Equal(("c", "f", "{\"a\":1}"), (call.CallId, call.Name, ToolArguments.ToText(call)));
    }

    [Covers("X10")]
    [Fact]
    public void Finished_items_of_responses_under_one_index_stay_apart()
    {
        var decoder = BuiltInDialects.Set.Egress(DialectId.OpenAIResponses).CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var name in (ReadOnlySpan<string>)["a", "b", "c"])
        {
            Assert.Null(Decode(decoder, (
                "response.output_item.done",
                $$$"""{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","name":"{{{name}}}","arguments":"{}"}}"""), updates));
        }

        Assert.Null(Decode(decoder, ("response.completed", """{"type":"response.completed","response":{"status":"completed"}}"""), updates));
        Assert.Equal(
            ["a", "b", "c"], updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Select(call => call.Name));
    }

    private static List<FunctionCallContent> Calls(params string[] pieces)
    {
        var decoder = BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var piece in pieces)
            Assert.Null(Decode(decoder, ("", $$$"""{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{{{piece}}}]}}]}"""), updates));
        Assert.Null(Decode(decoder, ("", """{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"""), updates));
        Assert.Null(Decode(decoder, ("", "[DONE]"), updates));
        return [.. updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>()];
    }

    private static CallError? Decode(IStreamDecoder decoder, (string Name, string Data) frame, List<ChatResponseUpdate>? updates = null) =>
        decoder.Decode(new StreamFrame(Encoding.UTF8.GetBytes(frame.Name), Encoding.UTF8.GetBytes(frame.Data)), updates ?? []);
}

using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.EndToEnd.Tests.Upstream;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>
/// The expected result of every verb for every client and provider, and the few cells where a refusal is the right answer.
/// </summary>
internal static class Expectations
{
    public const string NoForcedTools = "Ollama has no tool choice: naming a tool is refused with a 400 that says so.";

    /// <summary>The verbs behind each column of the table.</summary>
    public static readonly (string Scenario, string[] Verbs)[] Scenarios =
    [
        ("chat", ["chat"]),
        ("stream", ["stream"]),
        ("tools", ["tool", "tool_forced", "tool_stream"]),
        ("parallel tools", ["parallel", "parallel_stream"]),
        ("tool results", ["results"]),
        ("JSON schema", ["schema"]),
        ("images", ["image"]),
        ("reasoning", ["reasoning", "reasoning_stream", "reasoning_tools"]),
        ("stop and length", ["stop", "length"]),
        ("errors", ["error_400", "error_401", "error_429", "error_529", "error_stream"]),
        ("abort", ["abort"]),
    ];

    /// <summary>Whether a client's format can express the verb: OpenAI's responses have no stop sequences.</summary>
    public static bool CanSay(string client, string verb) => client != "responses-node" || verb != "stop";

    /// <summary>The documented refusal of a cell; null if it must work.</summary>
    public static string? RefusalOf(string upstream, string verb) => (upstream, verb) switch
    {
        ("ollama", "tool_forced") => NoForcedTools,
        _ => null,
    };

    /// <summary>Checks one cell.</summary>
    public static void Check((string Client, DialectId Dialect) who, string upstream, string verb, Outcome outcome)
    {
        if (RefusalOf(upstream, verb) is not null)
        {
            Assert.Equal(400, outcome.Status);
            Assert.Contains("tool_choice", outcome.Message, StringComparison.Ordinal);
            return;
        }

        if (verb.StartsWith("error_", StringComparison.Ordinal))
        {
            CheckError(who, upstream, verb, outcome);
            return;
        }

        Assert.True(outcome.Value is not null, outcome.ToString());
        CheckSeen(who, upstream, verb, outcome.Value);
    }

    private static void CheckSeen((string Client, DialectId Dialect) who, string upstream, string verb, Seen seen)
    {
        // Gemini's format has no separate finish reason for tool calls.
        var tools = who.Dialect == DialectId.Gemini ? "stop" : "tools";
        switch (verb)
        {
            case "chat":
                Assert.Equal(("You said: Grüße, 世界 👋 (told to: Be brief.)", "stop"), (seen.Text, seen.Finish));
                CheckUsage(upstream, seen);
                break;
            case "stream":
                Assert.Equal(("You said: Grüße, 世界 👋", "stop"), (seen.Text, seen.Finish));
                Assert.True(seen.Chunks >= 3, "the stream came in one piece");
                CheckUsage(upstream, seen);
                break;
            case "tool" or "tool_stream":
                Assert.Equal(tools, seen.Finish);
                CheckCalls(who.Dialect, seen, "get_weather");
                break;
            case "tool_forced":
                CheckCalls(who.Dialect, seen, "get_time");
                break;
            case "parallel" or "parallel_stream":
                Assert.Equal(tools, seen.Finish);
                CheckCalls(who.Dialect, seen, "get_weather", "get_time");
                break;
            case "results":
                CheckCalls(who.Dialect, seen, "get_weather", "get_time");
                Assert.Matches("^Results: (get_weather|call_1)=get_weather is done; (get_time|call_2)=get_time is done$", seen.Text!);
                Assert.Equal("stop", seen.Finish);
                break;
            case "schema":
                using (var place = JsonDocument.Parse(seen.Text!))
                    Assert.Equal(42, place.RootElement.GetProperty("days").GetDouble());
                Assert.Equal("stop", seen.Finish);
                Assert.Empty(seen.Calls);
                break;
            case "image":
                Assert.StartsWith("Images: ", seen.Text, StringComparison.Ordinal);
                Assert.Contains(Question.Pixels, seen.Text, StringComparison.Ordinal);
                break;
            case "reasoning" or "reasoning_stream":
                Assert.Equal(("You said: Grüße, 世界 👋", ModelScript.Thought), (seen.Text, seen.Reasoning));
                CheckUsage(upstream, seen);
                break;
            case "reasoning_tools":
                Assert.Equal(ModelScript.Thought, seen.Reasoning);
                Assert.Matches("^Results: (get_weather|call_1)=get_weather is done$", seen.Text!);
                break;
            case "stop":
                Assert.Equal(("You said: one ", "stop"), (seen.Text, seen.Finish));
                if (who.Dialect == DialectId.AnthropicMessages && upstream == "anthropic-messages")
                    Assert.Equal("END", seen.StopSequence);
                break;
            case "length":
                Assert.Equal(("You said: ", "length"), (seen.Text, seen.Finish));
                break;
            case "abort":
                Assert.InRange(seen.Text!.Length, 6, 14);
                break;
            default:
                Assert.Fail("nobody knows what to expect of " + verb);
                break;
        }
    }

    private static void CheckUsage(string upstream, Seen seen)
    {
        if (upstream != "openai-chat")
        {
            Assert.Equal((ModelScript.Input, ModelScript.Output), (seen.Input, seen.Output));
            return;
        }

        Assert.True(seen.Input > 10 && seen.Output > 7, $"{seen.Input} in, {seen.Output} out");
    }

    private static void CheckCalls(DialectId client, Seen seen, params string[] names)
    {
        Assert.Equal(names, seen.Calls.Select(call => call.Name));
        foreach (var call in seen.Calls)
        {
            Assert.Equal(42, call.Arguments.GetProperty("days").GetDouble());
            Assert.Equal("some \"city\" – ü 👋", call.Arguments.GetProperty("city").GetString());
        }

        if (client != DialectId.Gemini)
            Assert.Equal(names.Length, seen.Calls.Where(call => call.Id is { Length: > 0 }).Select(call => call.Id).Distinct().Count());
    }

    private static void CheckError((string Client, DialectId Dialect) who, string upstream, string verb, Outcome outcome)
    {
        Assert.True(outcome.Error is not null, "no error: " + outcome);
        var expected = verb switch
        {
            "error_400" => 400,
            // Our key is at fault, not the client's.
            "error_401" => 500,
            "error_429" or "error_stream" => 429,
            _ => 502,
        };
        Assert.Equal(expected, outcome.Status);
        Assert.DoesNotContain(ScriptedApi.Key, outcome.Message, StringComparison.Ordinal);
        if (verb == "error_400" && upstream != "openai-chat")
            Assert.Contains("The script was asked for 400.", outcome.Message, StringComparison.Ordinal);
        // Clients that expose headers show the wait time, if the provider sent one.
        var says = upstream switch { "openai-chat" => "20", "anthropic-messages" or "gemini" => "7", _ => null };
        if (verb == "error_429" && says is not null
            && who.Client is "openai-node" or "openai-dotnet" or "responses-node" or "anthropic-node")
            Assert.Equal(says, outcome.RetryAfter);
    }
}

using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Engine;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>The verbs of the matrix, performed by the <see cref="IChatClient"/> of this process.</summary>
internal sealed class ChatClientVerbs(SwitchyardEngine engine, Aim aim)
{
    public const string Client = "in-process";

    private static readonly AITool s_weather = AIFunctionFactory.CreateDeclaration("get_weather", "get_weather", Question.Place);
    private static readonly AITool s_time = AIFunctionFactory.CreateDeclaration("get_time", "get_time", Question.Place);

    public Dictionary<string, Func<Task<Seen>>> All => new()
    {
        ["chat"] = () => AskAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, Question.Hello)], new() { Temperature = 0.5f, MaxOutputTokens = 40 }),
        ["stream"] = () => StreamAsync(Question.Hello),
        ["tool"] = () => AskAsync("weather?", Both()),
        ["tool_forced"] = () => AskAsync("time?", Both(ChatToolMode.RequireSpecific("get_time"))),
        ["tool_stream"] = () => StreamAsync("weather?", Both()),
        ["parallel"] = () => AskAsync("both, please", Both()),
        ["parallel_stream"] = () => StreamAsync("both, please", Both()),
        ["results"] = () => LoopAsync("both, please", () => Both()),
        ["schema"] = () => AskAsync("where?", new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(Question.Place, "place") }),
        ["image"] = () =>
            AskAsync(
                [new(ChatRole.User, [new TextContent("What?"), new DataContent(Convert.FromBase64String(Question.Pixels), "image/png")])],
                new()),
        ["reasoning"] = () => AskAsync(Question.Hello, Thinking(new())),
        ["reasoning_stream"] = () => StreamAsync(Question.Hello, Thinking(new())),
        ["reasoning_tools"] = () => LoopAsync("weather?", () => Thinking(Both())),
        ["stop"] = () => AskAsync("one END two", new() { StopSequences = ["END"] }),
        ["length"] = () => AskAsync(Question.Hello, new() { MaxOutputTokens = 5 }),
        ["error_400"] = () => FailAsync(400),
        ["error_401"] = () => FailAsync(401),
        ["error_429"] = () => FailAsync(429),
        ["error_529"] = () => FailAsync(529),
        ["error_stream"] = () => StreamAsync("hi", model: aim.Failing(429)),
        ["abort"] = AbortAsync,
    };

    public static Outcome Failed(Exception thrown) => thrown is CallException { Error: var error }
        ? new()
        {
            Error = error.Kind.ToString(), Status = error.Status, Message = error.Message,
            RetryAfter = error.RetryAfter?.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        }
        : new() { Error = thrown.GetType().Name, Message = thrown.ToString() };

    private static ChatOptions Both(ChatToolMode? mode = null) => new() { Tools = [s_weather, s_time], ToolMode = mode };

    private static ChatOptions Thinking(ChatOptions options)
    {
        options.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low };
        options.MaxOutputTokens = 4000;
        return options;
    }

    private SwitchyardChatClient Chat(string? model = null) => new(engine, model ?? aim.Model);

    private Task<Seen> FailAsync(int status) => AskAsync([new(ChatRole.User, "hi")], new(), aim.Failing(status));

    private Task<Seen> AskAsync(string text, ChatOptions options) => AskAsync([new(ChatRole.User, text)], options);

    private async Task<Seen> AskAsync(ChatMessage[] messages, ChatOptions options, string? model = null) =>
        Facts(await Chat(model).GetResponseAsync(messages, options));

    private async Task<Seen> StreamAsync(string text, ChatOptions? options = null, string? model = null)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in Chat(model).GetStreamingResponseAsync([new(ChatRole.User, text)], options))
            updates.Add(update);
        return Facts(updates.ToChatResponse()) with { Chunks = updates.Count };
    }

    private static Seen Facts(ChatResponse answer)
    {
        var contents = answer.Messages.SelectMany(message => message.Contents).ToList();
        return new()
        {
            Text = answer.Text,
            Reasoning = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)),
            Finish = Finish(answer.FinishReason),
            StopSequence = answer.Messages[^1].AdditionalProperties?.TryGetValue(CanonicalKeys.StopSequence, out var sequence) == true
                ? sequence as string
                : null,
            Calls =
            [
                .. contents.OfType<FunctionCallContent>().Select(
                    call => new SeenCall(call.CallId, call.Name, JsonSerializer.SerializeToElement(call.Arguments))),
            ],
            Input = answer.Usage?.InputTokenCount,
            Output = answer.Usage?.OutputTokenCount,
        };
    }

    private async Task<Seen> LoopAsync(string text, Func<ChatOptions> options)
    {
        List<ChatMessage> messages = [new(ChatRole.User, text)];
        var first = await Chat().GetResponseAsync(messages, options());
        messages.AddRange(first.Messages);
        var calls = first.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>();
        messages.Add(new(ChatRole.Tool, [.. calls.Select(call => new FunctionResultContent(call.CallId, Question.ResultOf(call.Name)))]));
        var second = Facts(await Chat().GetResponseAsync(messages, options()));
        return second with { Calls = Facts(first).Calls, Reasoning = Facts(first).Reasoning };
    }

    private async Task<Seen> AbortAsync()
    {
        var text = "";
        await foreach (var update in Chat(aim.Hanging(Client)).GetStreamingResponseAsync([new(ChatRole.User, "hi")]))
        {
            text += update.Text;
            if (text.Length >= 6)
                break;
        }

        return new() { Text = text };
    }

    private static string Finish(ChatFinishReason? reason) =>
        reason == ChatFinishReason.ToolCalls ? "tools"
        : reason == ChatFinishReason.Length ? "length"
        : reason == ChatFinishReason.ContentFilter ? "filter"
        : "stop";
}

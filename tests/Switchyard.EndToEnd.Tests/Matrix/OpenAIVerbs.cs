using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>The verbs of the matrix, performed by OpenAI's .NET client.</summary>
internal sealed class OpenAIVerbs(Aim aim)
{
    public const string Client = "openai-dotnet";

    private static readonly BinaryData s_place = BinaryData.FromString(Question.Place.GetRawText());
    private static readonly ChatTool s_weather = ChatTool.CreateFunctionTool("get_weather", "get_weather", s_place);
    private static readonly ChatTool s_time = ChatTool.CreateFunctionTool("get_time", "get_time", s_place);

    public Dictionary<string, Func<Task<Seen>>> All => new()
    {
        ["chat"] = () =>
            AskAsync(
                [new SystemChatMessage("Be brief."), new UserChatMessage(Question.Hello)],
                new() { Temperature = 0.5f, MaxOutputTokenCount = 40 }),
        ["stream"] = () => StreamAsync(Question.Hello),
        ["tool"] = () => AskAsync("weather?", Both()),
        ["tool_forced"] = () => AskAsync("time?", Both(ChatToolChoice.CreateFunctionChoice("get_time"))),
        ["tool_stream"] = () => StreamAsync("weather?", Both()),
        ["parallel"] = () => AskAsync("both, please", Both()),
        ["parallel_stream"] = () => StreamAsync("both, please", Both()),
        ["results"] = () => LoopAsync("both, please", Both),
        ["schema"] = () => AskAsync(
            "where?", new() { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("place", s_place, jsonSchemaIsStrict: true) }),
        ["image"] = () => AskAsync(
            [
                new UserChatMessage(
                    ChatMessageContentPart.CreateTextPart("What?"),
                    ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Convert.FromBase64String(Question.Pixels)), "image/png")),
            ],
            new()),
        ["reasoning"] = () => AskAsync(Question.Hello, Thinking(new())),
        ["reasoning_stream"] = () => StreamAsync(Question.Hello, Thinking(new())),
        ["reasoning_tools"] = () => LoopAsync("weather?", () => Thinking(Both())),
        ["stop"] = () => AskAsync("one END two", new() { StopSequences = { "END" } }),
        ["length"] = () => AskAsync(Question.Hello, new() { MaxOutputTokenCount = 5 }),
        ["error_400"] = () => FailAsync(400),
        ["error_401"] = () => FailAsync(401),
        ["error_429"] = () => FailAsync(429),
        ["error_529"] = () => FailAsync(529),
        ["error_stream"] = () => StreamAsync("hi", model: aim.Failing(429)),
        ["abort"] = AbortAsync,
    };

    public static Outcome Failed(Exception thrown) => thrown is ClientResultException error
        ? new()
        {
            Error = error.GetType().Name, Status = error.Status, Message = error.Message,
            RetryAfter = error.GetRawResponse()?.Headers.TryGetValue("retry-after", out var after) == true ? after : null,
        }
        : new() { Error = thrown.GetType().Name, Message = thrown.ToString() };

    private static ChatCompletionOptions Both() => new() { Tools = { s_weather, s_time } };

    private static ChatCompletionOptions Both(ChatToolChoice choice)
    {
        var options = Both();
        options.ToolChoice = choice;
        return options;
    }

    private static ChatCompletionOptions Thinking(ChatCompletionOptions options)
    {
#pragma warning disable OPENAI001 // The client marks it as experimental in this version; the API's field is not experimental.
        options.ReasoningEffortLevel = ChatReasoningEffortLevel.Low;
#pragma warning restore OPENAI001
        options.MaxOutputTokenCount = 4000;
        return options;
    }

    private ChatClient Chat(string? model = null) => new(
        model ?? aim.Model, new ApiKeyCredential("any"),
        new OpenAIClientOptions
        {
            Endpoint = new Uri(aim.Address, "v1"),
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = TimeSpan.FromSeconds(60),
        });

    private Task<Seen> FailAsync(int status) => AskAsync([new UserChatMessage("hi")], new(), aim.Failing(status));

    private Task<Seen> AskAsync(string text, ChatCompletionOptions options) => AskAsync([new UserChatMessage(text)], options);

    private async Task<Seen> AskAsync(ChatMessage[] messages, ChatCompletionOptions options, string? model = null) =>
        Facts(await Chat(model).CompleteChatAsync(messages, options));

    private static Seen Facts(ClientResult<ChatCompletion> result)
    {
        var answer = result.Value;
        using var wire = JsonDocument.Parse(result.GetRawResponse().Content);
        var message = wire.RootElement.GetProperty("choices")[0].GetProperty("message");
        return new()
        {
            Text = string.Concat(answer.Content.Select(part => part.Text)),
            // Not a member of OpenAI's API, so the client's objects do not have it either.
            Reasoning = message.TryGetProperty("reasoning_content", out var reasoning) ? reasoning.GetString() : null,
            Finish = Finish(answer.FinishReason),
            Calls =
            [
                .. answer.ToolCalls.Select(call => new SeenCall(call.Id, call.FunctionName, JsonElement.Parse(call.FunctionArguments))),
            ],
            Input = answer.Usage.InputTokenCount,
            Output = answer.Usage.OutputTokenCount,
        };
    }

    private async Task<Seen> StreamAsync(string text, ChatCompletionOptions? options = null, string? model = null)
    {
        var (said, reasoning, finish, chunks) = ("", "", default(string), 0);
        var calls = new SortedDictionary<int, (string? Id, string? Name, string Arguments)>();
        ChatTokenUsage? usage = null;
        await foreach (var update in Chat(model).CompleteChatStreamingAsync([new UserChatMessage(text)], options))
        {
            chunks++;
            said += string.Concat(update.ContentUpdate.Select(part => part.Text));
            reasoning += ReasoningOf(update);
            finish = update.FinishReason is { } reason ? Finish(reason) : finish;
            usage = update.Usage ?? usage;
            foreach (var piece in update.ToolCallUpdates)
            {
                var (id, name, arguments) = calls.GetValueOrDefault(piece.Index, (null, null, ""));
                calls[piece.Index] = (id ?? piece.ToolCallId, name ?? piece.FunctionName, arguments + piece.FunctionArgumentsUpdate);
            }
        }

        return new()
        {
            Text = said, Reasoning = reasoning, Finish = finish, Chunks = chunks, Input = usage?.InputTokenCount,
            Output = usage?.OutputTokenCount,
            Calls = [.. calls.Values.Select(call => new SeenCall(call.Id, call.Name!, JsonElement.Parse(call.Arguments)))],
        };
    }

    private static string? ReasoningOf(StreamingChatCompletionUpdate update)
    {
        using var wire = JsonDocument.Parse(ModelReaderWriter.Write(update));
        return wire.RootElement.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].TryGetProperty("delta", out var delta) && delta.TryGetProperty("reasoning_content", out var reasoning)
                ? reasoning.GetString()
                : null;
    }

    private async Task<Seen> LoopAsync(string text, Func<ChatCompletionOptions> options)
    {
        List<ChatMessage> messages = [new UserChatMessage(text)];
        var first = await Chat().CompleteChatAsync(messages, options());
        messages.Add(new AssistantChatMessage(first));
        messages.AddRange(first.Value.ToolCalls.Select(call => new ToolChatMessage(call.Id, Question.ResultOf(call.FunctionName))));
        var second = Facts(await Chat().CompleteChatAsync(messages, options()));
        return second with { Calls = Facts(first).Calls, Reasoning = Facts(first).Reasoning };
    }

    private async Task<Seen> AbortAsync()
    {
        var text = "";
        await foreach (var update in Chat(aim.Hanging(Client)).CompleteChatStreamingAsync([new UserChatMessage("hi")]))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            if (text.Length >= 6)
                break;
        }

        return new() { Text = text };
    }

    private static string Finish(ChatFinishReason reason) => reason switch
    {
        ChatFinishReason.ToolCalls => "tools",
        ChatFinishReason.Length => "length",
        ChatFinishReason.ContentFilter => "filter",
        _ => "stop",
    };
}

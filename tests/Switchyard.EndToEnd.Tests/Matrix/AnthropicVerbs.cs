using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>The verbs of the matrix, performed by Anthropic's .NET client.</summary>
internal sealed class AnthropicVerbs(Aim aim)
{
    public const string Client = "anthropic-dotnet";

    private static readonly IReadOnlyDictionary<string, JsonElement> s_place = Question.Place.EnumerateObject().ToDictionary(
        member => member.Name, member => member.Value);

    public Dictionary<string, Func<Task<Seen>>> All => new()
    {
        ["chat"] = () => AskAsync(Params(Question.Hello) with { System = "Be brief." }),
        ["stream"] = () => StreamAsync(Params(Question.Hello)),
        ["tool"] = () => AskAsync(Both("weather?")),
        ["tool_forced"] = () => AskAsync(Both("time?") with { ToolChoice = new ToolChoiceTool("get_time") }),
        ["tool_stream"] = () => StreamAsync(Both("weather?")),
        ["parallel"] = () => AskAsync(Both("both, please")),
        ["parallel_stream"] = () => StreamAsync(Both("both, please")),
        ["results"] = () => LoopAsync(Both("both, please")),
        ["schema"] = () => AskAsync(Params("where?") with { OutputConfig = new() { Format = new() { Schema = s_place } } }),
        ["image"] = () => AskAsync(Params(new List<ContentBlockParam>
        {
            new TextBlockParam("What?"),
            new ImageBlockParam(new Base64ImageSource { Data = Question.Pixels, MediaType = MediaType.ImagePng }),
        })),
        ["reasoning"] = () => AskAsync(Thinking(Params(Question.Hello))),
        ["reasoning_stream"] = () => StreamAsync(Thinking(Params(Question.Hello))),
        ["reasoning_tools"] = () => LoopAsync(Thinking(Both("weather?"))),
        ["stop"] = () => AskAsync(Params("one END two") with { StopSequences = ["END"] }),
        ["length"] = () => AskAsync(Params(Question.Hello) with { MaxTokens = 5 }),
        ["error_400"] = () => FailAsync(400),
        ["error_401"] = () => FailAsync(401),
        ["error_429"] = () => FailAsync(429),
        ["error_529"] = () => FailAsync(529),
        ["error_stream"] = () => StreamAsync(Params("hi") with { Model = aim.Failing(429) }),
        ["abort"] = AbortAsync,
    };

    // Its exceptions carry no headers.
    public static Outcome Failed(Exception thrown) => thrown is AnthropicApiException error
        ? new() { Error = error.GetType().Name, Status = (int)error.StatusCode, Message = error.Message + error.ResponseBody }
        : new() { Error = thrown.GetType().Name, Message = thrown.ToString() };

    private AnthropicClient Messages() =>
        new() { BaseUrl = aim.Address.ToString().TrimEnd('/'), ApiKey = "any", MaxRetries = 0, Timeout = TimeSpan.FromSeconds(60) };

    private MessageCreateParams Params(MessageContentParam content) => new()
    {
        MaxTokens = 4000,
        Model = aim.Model,
        Messages = [new UserMessageParam(content)],
    };

    private MessageCreateParams Both(string text) => Params(text) with { Tools = [Tool("get_weather"), Tool("get_time")] };

    private static Tool Tool(string name) => new() { Name = name, Description = name, InputSchema = InputSchema.FromRawUnchecked(s_place) };

    private static MessageCreateParams Thinking(MessageCreateParams asked) => asked with { Thinking = new ThinkingConfigEnabled(1024) };

    private Task<Seen> FailAsync(int status) => AskAsync(Params("hi") with { Model = aim.Failing(status) });

    private async Task<Seen> AskAsync(MessageCreateParams asked) => Facts(await Messages().Messages.Create(asked));

    private static Seen Facts(Message answer)
    {
        var (text, reasoning, calls) = ("", "", new List<SeenCall>());
        foreach (var block in answer.Content)
        {
            if (block.TryPickText(out var said))
                text += said.Text;
            else if (block.TryPickThinking(out var thought))
                reasoning += thought.Thinking;
            else if (block.TryPickToolUse(out var call))
                calls.Add(new(call.ID, call.Name, JsonSerializer.SerializeToElement(call.Input)));
        }

        return new()
        {
            Text = text, Reasoning = reasoning, Calls = calls, Finish = Finish(answer.StopReason?.Raw()),
            StopSequence = answer.StopSequence,
            Input = answer.Usage.InputTokens + (answer.Usage.CacheReadInputTokens ?? 0) + (answer.Usage.CacheCreationInputTokens ?? 0),
            Output = answer.Usage.OutputTokens,
        };
    }

    private async Task<Seen> StreamAsync(MessageCreateParams asked)
    {
        var (text, reasoning, finish, chunks, input, output) = ("", "", default(string), 0, 0L, 0L);
        var calls = new SortedDictionary<long, (string Id, string Name, string Arguments)>();
        await foreach (var happened in Messages().Messages.CreateStreaming(asked))
        {
            if (happened.TryPickStart(out var start))
            {
                input = Input(start.Message.Usage);
                output = start.Message.Usage.OutputTokens;
            }
            else if (happened.TryPickContentBlockStart(out var opened) && opened.ContentBlock.TryPickToolUse(out var use))
            {
                calls[opened.Index] = (use.ID, use.Name, "");
            }
            else if (happened.TryPickContentBlockDelta(out var piece))
            {
                chunks++;
                text += piece.Delta.TryPickText(out var said) ? said.Text : "";
                reasoning += piece.Delta.TryPickThinking(out var thought) ? thought.Thinking : "";
                if (piece.Delta.TryPickInputJson(out var json))
                    calls[piece.Index] = calls[piece.Index] with { Arguments = calls[piece.Index].Arguments + json.PartialJson };
            }
            else if (happened.TryPickDelta(out var last))
            {
                finish = Finish(last.Delta.StopReason?.Raw());
                output = last.Usage.OutputTokens;
                // If the provider reports its input only at the end, the count is in the last event.
                var late = (last.Usage.InputTokens ?? 0) + (last.Usage.CacheReadInputTokens ?? 0)
                    + (last.Usage.CacheCreationInputTokens ?? 0);
                input = last.Usage.InputTokens is > 0 ? late : input;
            }
        }

        return new()
        {
            Text = text, Reasoning = reasoning, Finish = finish, Chunks = chunks, Input = input, Output = output,
            Calls =
            [
                .. calls.Values.Select(
                    call => new SeenCall(call.Id, call.Name, JsonElement.Parse(call.Arguments.Length == 0 ? "{}" : call.Arguments))),
            ],
        };
    }

    private static long Input(Usage usage) => usage.InputTokens + (usage.CacheReadInputTokens ?? 0) + (usage.CacheCreationInputTokens ?? 0);

    private async Task<Seen> LoopAsync(MessageCreateParams asked)
    {
        var first = await Messages().Messages.Create(asked);
        var seen = Facts(first);
        List<ContentBlockParam> echoed = [.. first.Content.Select(block => new ContentBlockParam(block.Json))];
        List<ContentBlockParam> results =
        [
            .. seen.Calls.Select(call => new ToolResultBlockParam(call.Id!) { Content = Question.ResultOf(call.Name) }),
        ];
        var second = await AskAsync(
            asked with { Messages = [.. asked.Messages, new AssistantMessageParam(echoed), new UserMessageParam(results)] });
        return second with { Calls = seen.Calls, Reasoning = seen.Reasoning };
    }

    private async Task<Seen> AbortAsync()
    {
        var text = "";
        await foreach (var happened in Messages().Messages.CreateStreaming(Params("hi") with { Model = aim.Hanging(Client) }))
        {
            if (happened.TryPickContentBlockDelta(out var piece) && piece.Delta.TryPickText(out var said))
                text += said.Text;
            if (text.Length >= 6)
                break;
        }

        return new() { Text = text };
    }

    private static string? Finish(string? reason) => reason switch
    {
        "tool_use" => "tools",
        "max_tokens" => "length",
        "refusal" => "filter",
        "end_turn" or "stop_sequence" => "stop",
        _ => reason,
    };
}

using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// A stream as any decoder may give it: text and reasoning in any order and any pieces, tool calls in fragments that interleave or whole,
/// heartbeats, an end with its reason, or an error at any point. Its content can be compared as one text.
/// </summary>
internal sealed record StreamScript(IReadOnlyList<ChatResponseUpdate> Updates, CallError? Error, ChatMessage Whole, ChatFinishReason Finish)
{
    public static readonly UsageDetails Usage = new TokenUsage { Input = 30, Output = 20, CacheRead = 5, Reasoning = 4 }.ToUsageDetails();

    private static readonly string[] s_texts = ["a", "Grüße", "👋🏽", "", " ", "data: x\n\n", "\"}", "\u2028", "<b>&amp;"];

    private static readonly string[] s_arguments =
    [
        "{}", "{\"a\":1}", "{\"a\":\"ü 👋 \\\" \\\\ \\n\",\"b\":[1,{\"c\":null}]}", "{ \"n\" : 1.50 }",
    ];

    private static readonly ChatFinishReason[] s_finishes =
    [
        ChatFinishReason.Stop, ChatFinishReason.Length, ChatFinishReason.ContentFilter,
    ];

    /// <summary>Whether it is an empty answer, which the engine treats as a failure.</summary>
    public bool SaysNothing => !Whole.Contents.Any(content => content switch
    {
        FunctionCallContent => true,
        TextContent text => !string.IsNullOrWhiteSpace(text.Text),
        TextReasoningContent text => !string.IsNullOrWhiteSpace(text.Text),
        _ => false,
    });

    private enum Step
    {
        Text,
        Reason,
        Open,
        Feed,
        Whole,
        Ping,
    }

    public static Arbitrary<StreamScript> Any { get; } = (
        from steps in Gen.Elements(Enum.GetValues<Step>()).ListOf()
        from seed in Gen.Choose(0, int.MaxValue)
        from fails in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        select Build([.. steps], new System.Random(seed), fails)).ToArbitrary();

    /// <summary>The content of an answer: the text, the reasoning, the calls, the finish reason.</summary>
    public static string Describe(IEnumerable<AIContent> contents, ChatFinishReason? finish)
    {
        var all = contents.ToList();
        var calls = all.OfType<FunctionCallContent>().Select(
            call => $"{call.Name}({JsonSerializer.Serialize(call.Arguments?.OrderBy(one => one.Key, StringComparer.Ordinal))})");
        var words = string.Concat(all.OfType<TextContent>().Select(text => text.Text));
        var thoughts = string.Concat(all.OfType<TextReasoningContent>().Select(text => text.Text));
        return string.Create(CultureInfo.InvariantCulture, $"[{words}] thinking [{thoughts}] {string.Join(' ', calls)} {finish}");
    }

    public override string ToString() =>
        string.Join('\n', Updates.Select(update => string.Join(", ", update.Contents.Select(Short)) + " " + update.FinishReason))
            + $"\n{Error?.Message}";

    private static string Short(AIContent content) => content switch
    {
        ToolCallFragment piece => $"call {piece.Index} {piece.CallId} {piece.Name} += {piece.Arguments}",
        TextReasoningContent text => $"think \"{text.Text}\"",
        TextContent text => $"text \"{text.Text}\"",
        FunctionCallContent call => $"whole {call.CallId}",
        _ => content.GetType().Name,
    };

    private static StreamScript Build(Step[] steps, System.Random random, bool fails)
    {
        var updates = new List<ChatResponseUpdate> { Update() };
        var whole = new ChatMessage(ChatRole.Assistant, []);
        var open = new List<(int Index, FunctionCallContent Call, string Left)>();
        var ended = new List<FunctionCallContent>();
        var calls = 0;
        // A provider sends all its calls in pieces or all whole.
        var inPieces = random.Next(2) == 0;
        updates[0].Role = ChatRole.Assistant;
        foreach (var step in fails ? steps.Take(random.Next(steps.Length + 1)) : steps)
        {
            switch (step)
            {
                case Step.Text:
                    Say(new TextContent(Pick(s_texts)));
                    break;
                case Step.Reason:
                    Say(new TextReasoningContent(Pick(s_texts)));
                    break;
                case Step.Open when inPieces:
                    var (opened, arguments) = Call();
                    open.Add((calls, opened, arguments));
                    updates.Add(Update(new ToolCallFragment { Index = calls++, CallId = opened.CallId, Name = opened.Name }));
                    break;
                case Step.Feed when open.Count > 0:
                    Feed(random.Next(open.Count), all: false);
                    break;
                case Step.Whole when !inPieces:
                    var (call, _) = Call();
                    (call.AdditionalProperties ??= [])[CanonicalKeys.ToolCallIndex] = calls++;
                    whole.Contents.Add(call);
                    updates.Add(Update(call));
                    break;
                case Step.Ping:
                    updates.Add(Update());
                    updates[^1].AdditionalProperties = new() { [CanonicalKeys.Ping] = true };
                    break;
            }
        }

        if (fails)
            return new(updates, new CallError(CallErrorKind.StreamInterrupted, "It broke."), whole, ChatFinishReason.Stop);
        for (var i = 0; i < open.Count; i++)
            Feed(i, all: true);
        foreach (var (index, call, _) in open)
        {
            (call.AdditionalProperties ??= [])[CanonicalKeys.ToolCallIndex] = index;
            whole.Contents.Add(call);
            ended.Add(call);
        }

        // Calls in the order of their places, as a whole answer has them.
        whole.Contents =
        [
            .. whole.Contents.Where(content => content is not FunctionCallContent),
            .. whole.Contents.OfType<FunctionCallContent>().OrderBy(call => (int)call.AdditionalProperties![CanonicalKeys.ToolCallIndex]!),
        ];
        var finish = calls > 0 ? ChatFinishReason.ToolCalls : Pick(s_finishes);
        updates.Add(Update([.. ended]));
        updates[^1].FinishReason = finish;
        updates.Add(Update(new UsageContent(Usage)));
        return new(updates, null, whole, finish);

        T Pick<T>(T[] from) => from[random.Next(from.Length)];

        void Say(AIContent content)
        {
            whole.Contents.Add(content);
            updates.Add(Update(content));
        }

        (FunctionCallContent Call, string Arguments) Call()
        {
            var text = Pick(s_arguments);
            return (ToolArguments.ToCall($"call_{random.Next(1000)}_{calls}", "get_" + Pick(["weather", "time"]), text), text);
        }

        void Feed(int which, bool all)
        {
            var (index, call, rest) = open[which];
            var length = all ? rest.Length : random.Next(rest.Length + 1);
            // Half a surrogate pair is no text; decoders hold it back.
            if (length < rest.Length && length > 0 && char.IsHighSurrogate(rest[length - 1]))
                length--;
            open[which] = (index, call, rest[length..]);
            if (length > 0 || !all)
                updates.Add(Update(new ToolCallFragment { Index = index, Arguments = rest[..length] }));
        }
    }

    private static ChatResponseUpdate Update(params AIContent[] contents) => new()
    {
        Contents = [.. contents],
        ResponseId = "resp-1",
        ModelId = "some-model",
        CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000),
    };
}

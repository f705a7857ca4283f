using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// For any content of a provider's stream in any order, the client's stream follows the rules of its format and has the same content.
/// </summary>
public sealed class StreamPropertyTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(400);

    /// <summary>The formats with both sides, so that their output can be read again.</summary>
    public static TheoryData<string> Formats =>
        [.. BuiltInDialects.Set.IngressIds.Intersect(BuiltInDialects.Set.EgressIds).Select(id => id.Value).Order(StringComparer.Ordinal)];

    public static TheoryData<string> ClientFormats =>
        [.. BuiltInDialects.Set.IngressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Covers("E7")]
    [Theory, MemberData(nameof(ClientFormats))]
    public void Any_stream_keeps_the_rules_of_the_clients_format(string format) => Prop.ForAll(StreamScript.Any, script =>
    {
        var stream = Encode(format, script);
        Assert.Equal([], StreamRules.Broken(format, stream, script.Error is not null));
    }).Check(s_config);

    [Theory, MemberData(nameof(Formats))]
    public void What_is_streamed_is_what_was_said(string format) => Prop.ForAll(StreamScript.Any, script =>
    {
        if (script.Error is not null || script.SaysNothing)
            return;
        var (updates, error) = Decode(format, Encode(format, script));

        Assert.Null(error);
        Assert.Equal(
            Said(format, script.Whole.Contents, script.Finish),
            Said(
                format, updates.SelectMany(update => update.Contents),
                updates.LastOrDefault(update => update.FinishReason is not null)?.FinishReason));
    }).Check(s_config);

    [Covers("F1")]
    [Theory, MemberData(nameof(Formats))]
    public void A_stream_and_a_whole_answer_say_the_same(string format) => Prop.ForAll(StreamScript.Any, script =>
    {
        if (script.Error is not null || script.SaysNothing)
            return;
        var output = new ArrayBufferWriter<byte>();
        var response = new ChatResponse(script.Whole)
        {
            FinishReason = script.Finish, Usage = StreamScript.Usage, ResponseId = "resp-1", ModelId = "some-model",
            CreatedAt = script.Updates[0].CreatedAt,
        };
        BuiltInDialects.Set.Ingress(new(format)).EncodeAnswer(new CanonicalChatAnswer(response), Context(), output);
        var whole =
            ((CanonicalChatAnswer)BuiltInDialects.Set.Egress(new(format)).DecodeAnswer(CallOperation.Chat, output.WrittenMemory)).Response;
        var (updates, _) = Decode(format, Encode(format, script));

        Assert.Equal(
            Said(format, whole.Messages.SelectMany(message => message.Contents), whole.FinishReason),
            Said(
                format, updates.SelectMany(update => update.Contents),
                updates.LastOrDefault(update => update.FinishReason is not null)?.FinishReason));
        Assert.Equal(
            TokenUsage.From(whole.Usage),
            TokenUsage.From(updates.SelectMany(update => update.Contents).OfType<UsageContent>().LastOrDefault()?.Details));
    }).Check(s_config);

    /// <summary>What can be compared. In Anthropic's format text of white space alone is no block, so there it is left out.</summary>
    private static string Said(string format, IEnumerable<AIContent> contents, ChatFinishReason? finish) =>
        StreamScript.Describe(format == "anthropic-messages" ? contents.Select(WithoutBlanks) : contents, finish);

    private static AIContent WithoutBlanks(AIContent content) => content is TextContent text
        ? new TextContent(string.Concat(text.Text.Where(static c => !char.IsWhiteSpace(c))))
        : content;

    private static AnswerContext Context() =>
        new()
        {
            Operation = CallOperation.Chat,
            Model = "some-model",
            AnswerId = "chatcmpl-0123456789abcdef0123456789abc",
            Created = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000),
            IncludeUsage = true,
        };

    private static byte[] Encode(string format, StreamScript script)
    {
        var output = new ArrayBufferWriter<byte>();
        var encoder = BuiltInDialects.Set.Ingress(new(format)).CreateStreamEncoder(Context());
        foreach (var update in script.Updates)
            encoder.Encode(update, output);
        if (script.Error is { } error)
            encoder.Fail(error, output);
        else
            encoder.Complete(output);
        return output.WrittenSpan.ToArray();
    }

    private static (List<ChatResponseUpdate> Updates, CallError? Error) Decode(string format, byte[] stream)
    {
        var (updates, error, _) = new EgressCodec(BuiltInDialects.Set.Egress(new(format))).DecodeStream(stream);
        return (updates, error);
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects;

/// <summary>
/// A dialect with only the provider's side, with shared helpers. Clients speak OpenAI chat.
/// </summary>
internal sealed class EgressCodec(IEgressDialect dialect)
{
    public static readonly EgressTarget Target = new("acme", "upstream-model", ProviderQuirks.None);

    public IEgressDialect Dialect => dialect;

    public string EncodeText(CanonicalRequest request, out LossReport losses, EgressTarget? target = null)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        dialect.EncodeRequest(request, target ?? Target, losses, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public JsonElement Encode(CanonicalRequest request, out LossReport losses, EgressTarget? target = null) =>
        JsonElement.Parse(EncodeText(request, out losses, target));

    /// <summary>Translates an OpenAI client's chat.</summary>
    public JsonElement Translate(string body, out LossReport losses, EgressTarget? target = null) =>
        Encode(Codec.DecodeRequest(body), out losses, target);

    /// <summary>Translates an OpenAI client's chat without losses.</summary>
    public JsonElement Translate(string body, EgressTarget? target = null)
    {
        var translated = Translate(body, out var losses, target);
        Assert.Empty(losses.Fields);
        return translated;
    }

    /// <summary>The refusal of an OpenAI client's chat.</summary>
    public CallError Refuse(string body, EgressTarget? target = null)
    {
        var error = Assert.Throws<CallException>(() => Translate(body, out _, target)).Error;
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        return error;
    }

    public ChatResponse Answer(string body, CallOperation operation = CallOperation.Chat) =>
        ((CanonicalChatAnswer)dialect.DecodeAnswer(operation, Encoding.UTF8.GetBytes(body))).Response;

    /// <summary>Decodes a stream, cut into slices at these places, to its end.</summary>
    public (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(byte[] stream, params int[] cuts)
    {
        var reader = dialect.CreateFrameReader();
        var decoder = dialect.CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        var from = 0;
        foreach (var cut in cuts.Append(stream.Length))
        {
            reader.Feed(stream.AsSpan(from, cut - from).ToArray());
            from = cut;
            while (reader.TryRead(out var frame))
            {
                if (decoder.Decode(frame, updates) is { } error)
                    return (updates, error, decoder.Usage);
            }
        }

        if (reader.Finish(out var last) && decoder.Decode(last, updates) is { } late)
            return (updates, late, decoder.Usage);
        return (updates, decoder.Finish(updates), decoder.Usage);
    }

    public (List<ChatResponseUpdate> Updates, CallError? Error, TokenUsage Usage) DecodeStream(string stream) =>
        DecodeStream(Encoding.UTF8.GetBytes(stream));

    /// <summary>Asserts that a stream decodes the same for any cuts.</summary>
    public void AssertReadsTheSameAtEveryCut(byte[] stream)
    {
        var whole = DecodeStream(stream);
        var expected = Summary(whole.Updates, whole.Error);
        for (var at = 0; at <= stream.Length; at++)
        {
            var cut = DecodeStream(stream, at);
            Assert.Equal(expected, Summary(cut.Updates, cut.Error));
        }

        var bytewise = DecodeStream(stream, [.. Enumerable.Range(0, stream.Length)]);
        Assert.Equal(expected, Summary(bytewise.Updates, bytewise.Error));
    }

    /// <summary>Asserts that a stream, encoded for an OpenAI client, follows every rule of that format.</summary>
    public OpenAIStreamGrammar AssertBecomesAStream(byte[] stream)
    {
        var (updates, error, _) = DecodeStream(stream);
        Assert.Null(error);
        return Codec.AssertGrammar(Codec.EncodeStream(updates, Codec.Context(includeUsage: true)), includeUsage: true);
    }

    /// <summary>Everything in which two decoded streams can differ for a caller.</summary>
    public static string Summary(IEnumerable<ChatResponseUpdate> updates, CallError? error) => string.Join('\n', updates.Select(update =>
        $"{update.Role} {update.ResponseId} {update.ModelId} {update.CreatedAt:O} {update.FinishReason}: "
            + string.Join("; ", update.Contents.Select(Summary))))
        + error?.Message;

    /// <summary>Asserts that broken bodies and streams give errors and nothing else.</summary>
    public void AssertSurvives(byte[] answer, CallOperation operation)
    {
        foreach (var broken in Mutations(answer))
        {
            try
            {
                dialect.DecodeAnswer(operation, broken);
            }
            catch (CallException)
            {
                // The only allowed exception.
            }

            dialect.DecodeError(400, broken, Target);
            try
            {
                DecodeStream(broken);
            }
            catch (CallException)
            {
                // From the frame reader.
            }

            var probe = dialect.CreateProbe(operation);
            probe.ObserveBody(broken);
            probe.Observe(new StreamFrame("x"u8, broken));
        }
    }

    private static IEnumerable<byte[]> Mutations(byte[] original)
    {
        var random = new Random(7);
        string[] values = ["null", "[]", "{}", "\"x\"", "-1", "1e400", "true", "[[]]", "\"\\ud83d\""];
        var text = Encoding.UTF8.GetString(original);
        for (var i = 0; i < Math.Min(text.Length, 1500); i++)
            yield return Encoding.UTF8.GetBytes(text[..i]);
        for (var round = 0; round < 400; round++)
        {
            var copy = (byte[])original.Clone();
            for (var hits = 0; hits < 3; hits++)
                copy[random.Next(copy.Length)] = (byte)random.Next(256);
            yield return copy;

            // Replaces a value by one of another type.
            var colon = text.IndexOf(':', random.Next(text.Length));
            if (colon < 0)
                continue;
            var end = text.IndexOfAny([',', '}'], colon);
            yield return Encoding.UTF8.GetBytes(text[..(colon + 1)] + values[random.Next(values.Length)] + (end < 0 ? "" : text[end..]));
        }
    }

    private static string Summary(AIContent content) => content switch
    {
        TextReasoningContent reasoning => $"reasoning {reasoning.Text}",
        TextContent text => $"text {text.Text} {text.Annotations?.Count}",
        ToolCallFragment fragment => $"fragment {fragment.Index} {fragment.CallId} {fragment.Name} {fragment.Arguments}",
        FunctionCallContent { AdditionalProperties: { } more } call =>
            $"call {call.CallId} {call.Name} {more[CanonicalKeys.RawArguments]} {more[CanonicalKeys.ToolCallIndex]}",
        UsageContent usage => $"usage {TokenUsage.From(usage.Details)}",
        _ => content.GetType().Name,
    };
}

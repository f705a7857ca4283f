using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Egress.Answers;

/// <summary>
/// Counts the characters that a model has written in one event or answer of any forwarded format, without decoding it: of texts, reasoning
/// and arguments of calls. Everything else is left out, above all padding, which OpenAI, Anthropic and Mistral add to hide the length of
/// tokens, and log probabilities.
/// </summary>
internal static class FrameText
{
    /// <summary>The number of characters; those before the fault if the data is not JSON.</summary>
    public static long LengthOf(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(WireJson.WithoutMark(data), AnswerScan.ReaderOptions);
        var (said, thought, thoughtAgain, isRepeat) = (0L, 0L, 0L, false);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                if (IsText(ref reader))
                    said += Characters(ref reader);
                else if (reader.ValueTextEquals("reasoning_content"u8))
                    thought += Characters(ref reader);
                else if (reader.ValueTextEquals("reasoning"u8))
                    thoughtAgain += Characters(ref reader);
                else if (HoldsArguments(ref reader))
                    said += ArgumentsLength(ref reader);
                else if (reader.ValueTextEquals("type"u8))
                    isRepeat |= reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueSpan.EndsWith(".done"u8);
                else if (IsBeside(ref reader))
                    reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // A frame that cannot be read is passed on all the same; the client decides about it.
        }

        // The end of a piece in OpenAI's responses repeats all of it. Some servers send reasoning under both names.
        return isRepeat ? 0 : said + Math.Max(thought, thoughtAgain);
    }

    private static bool IsText(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("delta"u8)
        || reader.ValueTextEquals("thinking"u8) || reader.ValueTextEquals("partial_json"u8) || reader.ValueTextEquals("refusal"u8);

    private static bool HoldsArguments(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("args"u8);

    /// <summary>Whether a member holds no text of its own: what it has is a repetition, a source, or about the request.</summary>
    private static bool IsBeside(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("logprobs"u8) || reader.ValueTextEquals("reasoning_details"u8) || reader.ValueTextEquals("annotations"u8)
        || reader.ValueTextEquals("citations"u8) || reader.ValueTextEquals("citation"u8) || reader.ValueTextEquals("tools"u8)
        || reader.ValueTextEquals("usage"u8);

    /// <summary>The length of the text after a name; 0 if that is no text: an object or a list is read on.</summary>
    private static long Characters(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String ? TextLength(ref reader) : 0;

    private static long TextLength(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        var count = 0L;
        if (reader.ValueIsEscaped)
        {
            int at;
            while ((at = text.IndexOf((byte)'\\')) >= 0)
            {
                count += Encoding.UTF8.GetCharCount(text[..at]) + 1;
                // An escape is \n or \u0020.
                text = text[(at + (text[at + 1] == (byte)'u' ? 6 : 2))..];
            }
        }

        return count + Encoding.UTF8.GetCharCount(text);
    }

    /// <summary>The length of the arguments of a call: a text, as of every custom tool, or an object.</summary>
    private static long ArgumentsLength(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
            return 0;
        if (reader.TokenType == JsonTokenType.String)
            return TextLength(ref reader);
        if (reader.TokenType != JsonTokenType.StartObject)
            return 0;
        var start = reader.TokenStartIndex;
        reader.Skip();
        // Those of Anthropic's streams follow in pieces, and begin with {}.
        return reader.BytesConsumed - start is > 2 and var length ? length : 0;
    }
}

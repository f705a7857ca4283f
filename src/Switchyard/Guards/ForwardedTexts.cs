using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Guards;

/// <summary>
/// The texts of a JSON request without a canonical form, which is only forwarded: a prompt for an image, a text to speak or to judge. All
/// strings are texts, except for the model's name and files. Replacing one changes only its own bytes.
/// </summary>
internal sealed class ForwardedTexts
{
    private readonly List<(int Start, int Length)> _places = [];

    private ForwardedTexts()
    {
    }

    /// <summary>The texts, in order.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Finds the texts of a body, which the envelope's reader has found to be valid JSON.</summary>
    public static ForwardedTexts Of(ReadOnlySpan<byte> body)
    {
        var found = new ForwardedTexts();
        // Half a surrogate pair, which no string can hold, is replaced by a mark of the same length.
        var reader = new Utf8JsonReader(SurrogateRepair.Repair(body), new JsonReaderOptions { MaxDepth = int.MaxValue });
        var isSkipped = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                isSkipped = reader.CurrentDepth == 1 && reader.ValueTextEquals("model"u8);
                continue;
            }

            // Some clients escape every slash, also in base64.
            if (reader.TokenType == JsonTokenType.String && !isSkipped
                && !IsFile(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan))
            {
                found.Texts.Add(reader.GetString()!);
                found._places.Add(((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)));
            }

            isSkipped = false;
        }

        return found;
    }

    /// <summary>The body with other texts, and its envelope, whose positions have moved.</summary>
    /// <param name="texts">The texts to write, as many as there were.</param>
    /// <param name="body">The body.</param>
    /// <param name="envelope">Its envelope.</param>
    public (byte[] Body, CallEnvelope Envelope) With(IReadOnlyList<string> texts, ReadOnlySpan<byte> body, CallEnvelope envelope)
    {
        using var output = new MemoryStream(body.Length);
        var (copied, model, streamOptions) = (0, envelope.ModelRange, envelope.StreamOptionsRange);
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i] == Texts[i])
                continue;
            var (start, length) = _places[i];
            var written = WireJson.Quote(texts[i]);
            output.Write(body[copied..start]);
            output.Write(written);
            copied = start + length;
            model = Moved(model, envelope.ModelRange, start, written.Length - length);
            streamOptions = Moved(streamOptions, envelope.StreamOptionsRange, start, written.Length - length);
        }

        output.Write(body[copied..]);
        return (output.ToArray(), envelope with { ModelRange = model, StreamOptionsRange = streamOptions });
    }

    /// <summary>Whether a string is a file: base64, alone or in a URL with data. Short ones may be words.</summary>
    private static bool IsFile(ReadOnlySpan<byte> text)
    {
        const int ShortestFile = 256;
        if (text.Length < ShortestFile)
            return text.IsEmpty;
        if (text.StartsWith("data:"u8) && text[..ShortestFile].IndexOf(";base64,"u8) is >= 0 and var at)
            text = text[(at + ";base64,".Length)..];
        return text.IndexOf((byte)' ') < 0 && Base64.IsValid(text);
    }

    /// <summary>A position after a change of length at another one.</summary>
    private static Range Moved(Range range, Range original, int at, int by) =>
        original.Equals(default) || original.Start.Value < at ? range : new(range.Start.Value + by, range.End.Value + by);
}

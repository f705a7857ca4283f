using System.Buffers;
using System.Text.Encodings.Web;

namespace Switchyard.Dialects.Json;

/// <summary>
/// Escapes what JSON requires and nothing else: quotes, backslashes and control characters. .NET's most relaxed encoder still spells
/// every emoji as two escapes, which costs bytes, and on some servers tokens. The output goes to an API, never into HTML.
/// </summary>
internal sealed unsafe class WireTextEncoder : JavaScriptEncoder
{
    public static readonly WireTextEncoder Instance = new();

    private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(code => (byte)code), (byte)'"', (byte)'\\']);
    private static readonly SearchValues<char> EscapedChars = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(code => (char)code), '"', '\\']);

    private WireTextEncoder()
    {
    }

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar < 0x20 || unicodeScalar is '"' or '\\';

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength) => FirstToEscape(new ReadOnlySpan<char>(text, textLength));

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => utf8Text.IndexOfAny(EscapedBytes);

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> escape = stackalloc char[6];
        numberOfCharactersWritten = Escape(unicodeScalar, escape);
        if (numberOfCharactersWritten > bufferLength)
        {
            numberOfCharactersWritten = 0;
            return false;
        }

        escape[..numberOfCharactersWritten].CopyTo(new Span<char>(buffer, bufferLength));
        return true;
    }

    /// <inheritdoc/>
    public override OperationStatus EncodeUtf8(
        ReadOnlySpan<byte> utf8Source, Span<byte> utf8Destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock = true)
    {
        bytesConsumed = bytesWritten = 0;
        Span<char> escape = stackalloc char[6];
        while (bytesConsumed < utf8Source.Length)
        {
            var rest = utf8Source[bytesConsumed..];
            var run = rest.IndexOfAny(EscapedBytes);
            if (run < 0)
                run = rest.Length;
            var length = run < rest.Length ? Escape(rest[run], escape) : 0;
            if (utf8Destination.Length - bytesWritten < run + length)
                return OperationStatus.DestinationTooSmall;
            rest[..run].CopyTo(utf8Destination[bytesWritten..]);
            bytesWritten += run;
            for (var i = 0; i < length; i++)
                utf8Destination[bytesWritten++] = (byte)escape[i];
            bytesConsumed += run + (length > 0 ? 1 : 0);
        }

        return OperationStatus.Done;
    }

    /// <summary>
    /// The first character that must be escaped: a quote, a backslash, a control character, or half a surrogate pair, which has no UTF-8
    /// form.
    /// </summary>
    private static int FirstToEscape(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAny(EscapedChars);
        var clean = first < 0 ? text : text[..first];
        var from = 0;
        while (clean[from..].IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var found)
        {
            var at = from + found;
            if (!char.IsHighSurrogate(clean[at]) || at + 1 >= clean.Length || !char.IsLowSurrogate(clean[at + 1]))
                return at;
            from = at + 2;
        }

        return first;
    }

    private static int Escape(int code, Span<char> escape)
    {
        var letter = code switch
        {
            '"' => '"',
            '\\' => '\\',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\b' => 'b',
            '\f' => 'f',
            _ => '\0',
        };
        escape[0] = '\\';
        if (letter != '\0')
        {
            escape[1] = letter;
            return 2;
        }

        escape[1] = 'u';
        code.TryFormat(escape[2..], out _, "x4", System.Globalization.CultureInfo.InvariantCulture);
        return 6;
    }
}

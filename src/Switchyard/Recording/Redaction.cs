using System.Text;
using System.Text.Unicode;
using Switchyard.Common;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>
/// Masks secrets in a recording: those of the host by their value, others by their shape; in headers, addresses and bodies; also a secret
/// that is split over pieces of the connection or over a text that is streamed word by word.
/// </summary>
/// <param name="secrets">Knows the host's secrets.</param>
internal sealed class Redaction(SecretRedactor secrets)
{
    /// <summary>The recording without secrets; null if one is in a binary body, which a mask would corrupt.</summary>
    public Cassette? Clean(Cassette heard)
    {
        var body = heard.Request.Body is { } asked ? Clean(asked.ToArray(), []) : null;
        if (heard.Request.Body is not null && body is null)
            return null;
        var answer = heard.Answer;
        var bytes = new byte[answer.Length];
        var ends = new int[answer.Pieces.Count];
        var at = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            answer.Pieces[i].Bytes.CopyTo(bytes.AsMemory(at));
            ends[i] = at += answer.Pieces[i].Bytes.Length;
        }

        if (Clean(bytes, ends) is not { } clean)
            return null;
        return heard with
        {
            Model = Clean(heard.Model),
            Request = heard.Request with
            {
                Path = Clean(heard.Request.Path),
                Query = Clean(heard.Request.Query),
                Headers = Clean(heard.Request.Headers),
                Body = body is { } kept ? new ReadOnlyMemory<byte>(kept.Bytes) : default(ReadOnlyMemory<byte>?),
                MayBeMasked = body is { } masked && !masked.Bytes.AsSpan().SequenceEqual(heard.Request.Body!.Value.Span),
            },
            Answer = answer with { Headers = Clean(answer.Headers), Pieces = Pieces(answer, clean.Bytes, clean.Ends) },
        };
    }

    /// <summary>The bytes without secrets, and the new ends of their pieces; null if they are binary and contain a secret.</summary>
    private (byte[] Bytes, int[] Ends)? Clean(byte[] bytes, int[] ends)
    {
        var (text, isText) = Read(bytes);
        IEnumerable<(int Start, int End)> spans = InBytes(text, Merge(Find(text)), isText);
        // A secret looks different in a text that is escaped or split.
        var strands = isText ? JsonStrands.Read(bytes) : JsonStrands.ReadWithin(bytes);
        var masks = Merge(spans.Concat(strands.SelectMany(
            strand => strand.Cover(strand.IsSecret ? strand.All : Find(strand.Text)))));
        if (masks.Count == 0)
            return (bytes, ends);
        return isText ? Mask(bytes, ends, masks) : null;
    }

    /// <summary>Converts ordered ranges of a text to ranges of its bytes.</summary>
    private static List<(int Start, int End)> InBytes(string text, List<(int Start, int End)> spans, bool isText)
    {
        if (!isText)
            return spans;
        List<(int Start, int End)> found = [];
        var (at, bytes) = (0, 0);
        foreach (var (start, end) in spans)
        {
            var first = bytes + Encoding.UTF8.GetByteCount(text.AsSpan(at..start));
            bytes = first + Encoding.UTF8.GetByteCount(text.AsSpan(start..end));
            found.Add((first, bytes));
            at = end;
        }

        return found;
    }

    private string Clean(string text) => string.Concat(Parts(text));

    private IEnumerable<string> Parts(string text)
    {
        var at = 0;
        foreach (var (start, end) in Merge(Find(text)))
        {
            yield return text[at..start];
            yield return Masks.Mask;
            at = end;
        }

        yield return text[at..];
    }

    private List<KeyValuePair<string, string>> Clean(IReadOnlyList<KeyValuePair<string, string>> headers) =>
        [.. headers.Select(header => KeyValuePair.Create(header.Key, Clean(header.Value)))];

    private IEnumerable<(int Start, int End)> Find(string text) => secrets.Find(text).Concat(SecretShapes.Find(text));

    // Bytes that are not UTF-8 are read as ASCII, with question marks for others: secrets are usually ASCII.
    private static (string Text, bool IsText) Read(byte[] bytes) =>
        Utf8.IsValid(bytes) && !bytes.AsSpan().Contains((byte)0)
            ? (Encoding.UTF8.GetString(bytes), true)
            : (Encoding.ASCII.GetString(bytes), false);

    private static List<(int Start, int End)> Merge(IEnumerable<(int Start, int End)> spans)
    {
        List<(int Start, int End)> merged = [];
        foreach (var span in spans.Where(span => span.End > span.Start).OrderBy(span => span.Start))
        {
            if (merged is [.., var last] && span.Start < last.End)
                merged[^1] = (last.Start, Math.Max(last.End, span.End));
            else
                merged.Add(span);
        }

        return merged;
    }

    /// <summary>Replaces secrets by masks. A mask is in the piece in which its secret began.</summary>
    private static (byte[] Bytes, int[] Ends) Mask(byte[] bytes, int[] ends, List<(int Start, int End)> masks)
    {
        using var output = new MemoryStream();
        var moved = new int[ends.Length];
        var (at, piece) = (0, 0);
        foreach (var (start, end) in masks)
        {
            CopyTo(start);
            output.Write("***"u8);
            // A piece that ended in the secret ends with the mask.
            for (; piece < ends.Length && ends[piece] < end; piece++)
                moved[piece] = (int)output.Length;
            at = end;
        }

        CopyTo(bytes.Length);
        for (; piece < ends.Length; piece++)
            moved[piece] = (int)output.Length;
        return (output.ToArray(), moved);

        void CopyTo(int to)
        {
            for (; piece < ends.Length && ends[piece] <= to; piece++)
                moved[piece] = (int)output.Length + ends[piece] - at;
            output.Write(bytes.AsSpan(at..to));
        }
    }

    private static List<RecordedPiece> Pieces(RecordedAnswer answer, byte[] bytes, int[] ends)
    {
        List<RecordedPiece> pieces = [];
        var (start, after) = (0, TimeSpan.Zero);
        for (var i = 0; i < ends.Length; i++)
        {
            after += answer.Pieces[i].After;
            // A piece from the middle of a secret is empty now.
            if (ends[i] == start)
                continue;
            pieces.Add(new(after, bytes.AsMemory(start..ends[i])));
            (start, after) = (ends[i], TimeSpan.Zero);
        }

        return pieces;
    }
}

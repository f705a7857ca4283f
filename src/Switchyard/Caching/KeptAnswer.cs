using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Caching;

/// <summary>What the body of a kept answer is.</summary>
internal enum KeptForm
{
    /// <summary>The bytes the client was sent.</summary>
    Bytes,

    /// <summary>A chat answer as JSON, for callers in this process.</summary>
    Chat,

    /// <summary>A stream's updates as JSON, a line each.</summary>
    Updates,

    /// <summary>Embeddings as JSON.</summary>
    Embeddings,
}

/// <summary>How an answer begins: what is known of it before its first byte. Immutable.</summary>
/// <param name="Form">What its body is.</param>
/// <param name="Status">The status.</param>
/// <param name="ContentType">The content type.</param>
/// <param name="IsStream">Whether it is a stream of events.</param>
internal sealed record AnswerHead(KeptForm Form, int Status = 200, string ContentType = "application/json", bool IsStream = false);

/// <summary>
/// A complete answer as it is kept: whole or streamed, as the client was sent it. Immutable, and shared by all who are given it.
/// </summary>
/// <param name="Head">How it begins.</param>
/// <param name="Body">Its body.</param>
/// <param name="Source">Who gave it.</param>
/// <param name="Content">The hash of what was asked.</param>
/// <param name="StoredAt">When it was complete.</param>
/// <param name="Ttl">How long it is valid: to the end of this time, and no longer.</param>
internal sealed record KeptAnswer(
    AnswerHead Head, ReadOnlyMemory<byte> Body, AnswerSource Source, AnswerKey Content, DateTimeOffset StoredAt, TimeSpan Ttl)
{
    // The objects around a body, and the places in the dictionary and the list.
    private const int Overhead = 512;

    /// <summary>About how many bytes it takes.</summary>
    public long Size => Overhead + Body.Length;

    /// <summary>How long it is still valid; negative where it has outlived its time. Another node's clock may be ahead.</summary>
    public TimeSpan LeftAt(DateTimeOffset now) => now < StoredAt ? Ttl : Ttl - (now - StoredAt);

    /// <summary>Opens it as the answer of another call.</summary>
    /// <exception cref="FormatException">Its body is not what its form says.</exception>
    public CallResponse Open() => Head.Form switch
    {
        KeptForm.Bytes => new KeptBytes(this),
        KeptForm.Updates => new KeptUpdates([.. Lines().Select(static line => AnswerObjects.ReadUpdate(line.Span))]),
        _ => new AnswerResponse(AnswerObjects.ReadAnswer(Head.Form, Body)),
    };

    /// <summary>The pieces of its body: the updates of a stream of objects, else all of it.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Lines()
    {
        if (Head.Form != KeptForm.Updates)
        {
            yield return Body;
            yield break;
        }

        for (var (at, end) = (0, 0); at < Body.Length; at = end + 1)
        {
            var length = Body.Span[at..].IndexOf((byte)'\n');
            end = length < 0 ? Body.Length : at + length;
            if (end > at)
                yield return Body[at..end];
        }
    }
}

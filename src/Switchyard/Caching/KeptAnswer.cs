using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Caching;

/// <summary>The form of a kept answer's body.</summary>
internal enum KeptForm
{
    /// <summary>The bytes that the client received.</summary>
    Bytes,

    /// <summary>A chat answer as JSON, for callers in this process.</summary>
    Chat,

    /// <summary>A stream's updates as JSON, one per line.</summary>
    Updates,

    /// <summary>Embeddings as JSON.</summary>
    Embeddings,
}

/// <summary>The head of an answer: the facts known before its first byte. Immutable.</summary>
/// <param name="Form">The form of its body.</param>
/// <param name="Status">The status.</param>
/// <param name="ContentType">The content type.</param>
/// <param name="IsStream">Whether it is a stream of events.</param>
internal sealed record AnswerHead(KeptForm Form, int Status = 200, string ContentType = "application/json", bool IsStream = false);

/// <summary>
/// A complete answer as it is kept: whole or streamed, as the client received it. Immutable, and shared by all calls that get it.
/// </summary>
/// <param name="Head">Its head.</param>
/// <param name="Body">Its body.</param>
/// <param name="Source">The deployment that produced it.</param>
/// <param name="Content">The hash of the request.</param>
/// <param name="StoredAt">The time of its completion.</param>
/// <param name="Ttl">How long it is valid, the end included.</param>
internal sealed record KeptAnswer(
    AnswerHead Head, ReadOnlyMemory<byte> Body, AnswerSource Source, AnswerKey Content, DateTimeOffset StoredAt, TimeSpan Ttl)
{
    // The objects around a body, and its entries in the dictionary and the list.
    private const int Overhead = 512;

    /// <summary>The approximate size in bytes.</summary>
    public long Size => Overhead + Body.Length;

    /// <summary>The remaining time of validity; negative after it. Another node's clock may be ahead.</summary>
    public TimeSpan LeftAt(DateTimeOffset now) => now < StoredAt ? Ttl : Ttl - (now - StoredAt);

    /// <summary>Opens it as the answer of another call.</summary>
    /// <exception cref="FormatException">Its body does not have its form.</exception>
    public CallResponse Open() => Head.Form switch
    {
        KeptForm.Bytes => new KeptBytes(this),
        KeptForm.Updates => new KeptUpdates([.. Lines().Select(static line => AnswerObjects.ReadUpdate(line.Span))]),
        _ => new AnswerResponse(AnswerObjects.ReadAnswer(Head.Form, Body)),
    };

    /// <summary>The pieces of its body: the updates of a stream of objects, otherwise the whole body.</summary>
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

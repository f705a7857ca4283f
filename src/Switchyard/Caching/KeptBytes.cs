using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Caching;

/// <summary>A kept answer for a client over HTTP: all its bytes at once.</summary>
internal sealed class KeptBytes(KeptAnswer kept) : ForwardedResponse
{
    private bool _gave;

    public override int Status => kept.Head.Status;

    public override string ContentType => kept.Head.ContentType;

    public override long? ContentLength => kept.Head.IsStream ? null : kept.Body.Length;

    public override bool IsStream => kept.Head.IsStream;

    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        IsComplete = true;
        return _gave || !(_gave = true) ? default : new(kept.Body);
    }
}

/// <summary>A kept stream for a caller in this process.</summary>
internal sealed class KeptUpdates(IReadOnlyList<ChatResponseUpdate> updates) : UpdatesResponse
{
    private int _next;

    public override ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        if (_next < updates.Count)
            return new(updates[_next++]);
        IsComplete = true;
        return default;
    }
}

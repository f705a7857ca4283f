using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// Finds the last event of a stream in place of a whole answer while it arrives: some servers keep the connection open behind it, and the
/// end of the body would be waited for until the call is out of time. Not thread-safe.
/// </summary>
internal sealed class JoinedStreamEnd
{
    private readonly UpstreamExchange _exchange;
    private readonly List<ChatResponseUpdate> _ignored = [];
    private IFrameReader? _frames;
    private IStreamDecoder? _decoder;
    private bool _isOther;

    private JoinedStreamEnd(UpstreamExchange exchange) => _exchange = exchange;

    /// <summary>The finder for an attempt; null if its answer cannot be a stream of events, or its length is known.</summary>
    public static JoinedStreamEnd? Of(UpstreamExchange exchange) =>
        exchange.ContentLength is null && exchange.Call.Envelope.Operation is CallOperation.Chat or CallOperation.Completion
            ? new(exchange)
            : null;

    /// <summary>Takes the next bytes, which must stay unchanged during the call.</summary>
    /// <returns>Whether the last event is in them.</returns>
    public bool IsIn(ReadOnlyMemory<byte> bytes)
    {
        _isOther |= _frames is null && !JoinedStream.Begins(bytes.Span);
        if (_isOther)
            return false;
        _frames ??= _exchange.Dialect.CreateFrameReader();
        _decoder ??= _exchange.Dialect.CreateStreamDecoder(_exchange.Call.Envelope.Operation);
        try
        {
            _frames.Feed(bytes);
            while (_frames.TryRead(out var frame))
            {
                if (_decoder.Decode(frame, _ignored) is not null || _decoder.IsTerminated)
                    return true;
            }
        }
        catch (CallException)
        {
            // Reported when the whole is decoded.
            _isOther = true;
        }

        _ignored.Clear();
        return false;
    }
}

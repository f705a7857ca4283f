using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>A stream decoded frame by frame into the canonical form.</summary>
internal sealed class DecodedStream : UpdatesResponse
{
    private const int BufferSize = 8 * 1024;

    /// <summary>
    /// The most updates kept while waiting for the first with content. A stream that has more without one counts as open.
    /// </summary>
    private const int OpeningLimit = 10_000;

    private readonly UpstreamExchange _exchange;
    private readonly IStreamDecoder _decoder;
    private readonly IFrameReader _frames;
    private readonly IAnswerProbe? _tiers;
    private readonly RepeatedStart? _start;
    private readonly bool _mayBeJoined;
    private readonly List<ChatResponseUpdate> _updates = [];
    private long _output;
    private bool _hasPieces;
    private long? _counted;
    private bool _isCounted;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _next;
    private bool _ended;
    private CallError? _pending;

    private DecodedStream(UpstreamExchange exchange)
    {
        _exchange = exchange;
        _frames = exchange.Dialect.CreateFrameReader();
        _decoder = exchange.Dialect.CreateStreamDecoder(exchange.Call.Envelope.Operation);
        _tiers = exchange.ServiceTierProbe();
        _start = RepeatedStart.Of(exchange);
        _mayBeJoined = exchange.Call.ClientDialect == DialectId.Canonical;
    }

    /// <summary>Whether its provider has ended the answer. The event of a failure may be its last, and say what the answer used.</summary>
    private bool IsOver => _pending is null ? _ended : _decoder.Usage.Total > 0;

    /// <summary>Reads up to the first update with content: until then another target may still be tried.</summary>
    /// <exception cref="CallException">The stream began with an error, or ended without content.</exception>
    public static async ValueTask<DecodedStream> OpenAsync(UpstreamExchange exchange)
    {
        var stream = new DecodedStream(exchange);
        try
        {
            var seen = 0;
            while (stream._updates.FindIndex(seen, stream.Opens) < 0 && stream._updates.Count < OpeningLimit)
            {
                seen = stream._updates.Count;
                if (stream._pending is { } error)
                    throw new CallException(BeforeContent(error));
                if (stream._ended)
                    throw new CallException(exchange.Malformed("returned an empty response"));
                await stream.ReadFramesAsync().ConfigureAwait(false);
                exchange.RestartOnComment();
            }

            if (exchange.Dialect.StoresAnswers)
            {
                var named = stream._updates.Find(update => update.ResponseId is not null);
                exchange.Attempt.Issued(named?.ResponseId, named?.ConversationId, exchange.Credential.Account);
                exchange.Attempt.IsUnfinished = exchange.Call.Envelope.IsBackground && !stream.IsOver;
            }

            exchange.EnterIdle();
            return stream;
        }
        catch
        {
            exchange.Attempt.Observe(stream._decoder.Usage);
            RentedBuffer.Return(ref stream._buffer);
            throw;
        }
    }

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        try
        {
            while (true)
            {
                if (_next < _updates.Count)
                    return Record(_updates[_next++]);
                _updates.Clear();
                _next = 0;
                if (_pending is not null || _ended)
                    break;
                await ReadFramesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _pending ??= _exchange.Explain(e, isOpenStream: true);
        }

        if (_start?.TakeRest() is { } rest)
            return rest;
        Count();
        Error = _pending;
        IsComplete = _pending is null;
        return null;
    }

    protected override ValueTask ReleaseAsync()
    {
        RentedBuffer.Return(ref _buffer);
        Count();
        _exchange.End(this, _decoder.Usage);
        return ValueTask.CompletedTask;
    }

    private async ValueTask ReadFramesAsync()
    {
        var read = await _exchange.ReadAsync(_buffer).ConfigureAwait(false);
        if (read > 0)
            _frames.Feed(_buffer.AsMemory(0, read));
        try
        {
            while (_pending is null && !_decoder.IsTerminated && (read > 0 ? _frames.TryRead(out var frame) : _frames.Finish(out frame)))
            {
                _exchange.Clock.Touch();
                _tiers?.Observe(frame);
                var first = _updates.Count;
                _pending = _decoder.Decode(frame, _updates);
                ObserveCounts(first);
                if (_pending is not null)
                    CountFailed(frame);
            }
        }
        catch (CallException unreadable)
        {
            // Reported after the updates decoded before it, so that the result does not depend on how reads divide the bytes.
            _pending = unreadable.Error;
        }

        _exchange.Attempt.ServiceTier = _tiers?.ServiceTier;
        if (_pending is null && (read == 0 || _decoder.IsTerminated))
        {
            _ended = true;
            _pending = _decoder.Finish(_updates);
        }

        if (IsOver)
            _exchange.Attempt.IsUnfinished = false;
        _exchange.Clock.Pause();
        if (_pending is not null)
            _pending = _exchange.Finish(_pending);
    }

    /// <summary>Notes whether a frame has the counts of all content before it. Counts do not include later content.</summary>
    /// <param name="first">The index of the frame's first update.</param>
    private void ObserveCounts(int first)
    {
        var (before, now) = (_counted, _decoder.Usage.Output);
        _counted = now;
        for (var i = first; i < _updates.Count; i++)
        {
            foreach (var content in _updates[i].Contents)
            {
                if (content is not UsageContent)
                {
                    _isCounted = false;
                    return;
                }
            }
        }

        _isCounted |= now is not null && now != before;
    }

    /// <summary>Notes whether the counts include all that was sent: they came with the error, or after the content.</summary>
    private void CountFailed(StreamFrame frame)
    {
        if (!_isCounted)
        {
            var own = _exchange.Dialect.CreateProbe(_exchange.Call.Envelope.Operation);
            own.Observe(frame);
            _isCounted = own.Usage.Output is not null;
        }

        _exchange.Attempt.IsCountedToItsEnd = _isCounted;
    }

    /// <summary>Reports the usage: before the end is returned, because a strict ledger records it first.</summary>
    private void Count()
    {
        _exchange.Attempt.Observe(_decoder.Usage);
        _exchange.Attempt.IsCountedAtItsStart = _decoder.IsCountedAtStart;
        _exchange.Attempt.OutputCharacters = _output;
    }

    /// <summary>A stream that breaks off before any content is not an interrupted answer: another target may answer.</summary>
    public static CallError BeforeContent(CallError error) =>
        error.Kind == CallErrorKind.StreamInterrupted ? error with { Kind = CallErrorKind.UpstreamUnavailable } : error;

    /// <summary>
    /// Whether an update opens the answer. One with usage alone does not: some providers report usage before they fail. Nor does an
    /// ordinary end, or a blank text: an empty answer is a failure, unless its end gives a reason.
    /// </summary>
    public static bool IsContent(ChatResponseUpdate update, UpstreamExchange exchange) =>
        (update.FinishReason is { } finish && (finish != ChatFinishReason.Stop || exchange.Dialect.MayAnswerNothing))
        || update.Contents.Any(IsAnswerPart);

    private bool Opens(ChatResponseUpdate update) => IsContent(update, _exchange);

    private static bool IsAnswerPart(AIContent content) => content switch
    {
        UsageContent => false,
        TextContent { Annotations: not { Count: > 0 } } text => !string.IsNullOrWhiteSpace(text.Text),
        _ => true,
    };

    private ChatResponseUpdate Record(ChatResponseUpdate update)
    {
        _exchange.Tools?.Restore(update.Contents);
        _start?.LeaveOut(update);
        _output += OutputCount.Of(update.Contents, ref _hasPieces);
        if (_exchange.Reasoning is { } reasoning)
        {
            foreach (var content in update.Contents)
                reasoning.Observe(content);
        }

        if (_mayBeJoined && update is { AdditionalProperties: { } members, MessageId.Length: > 0 })
            members[AnswerMembers.OfUpdates] = true;
        return update;
    }
}

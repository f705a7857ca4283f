using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// A stream copied as it came, with a probe beside the copy. Only whole frames pass, so that an error event can be added at any point,
/// and a frame that only we asked for can be left out.
/// </summary>
internal sealed class ForwardedStream : ForwardedResponse
{
    /// <summary>How much may arrive before the first content frame; a provider that sends more of nothing is taken at its word.</summary>
    private const int OpeningLimit = 256 * 1024;

    private readonly UpstreamExchange _exchange;
    private readonly IAnswerProbe _probe;
    private readonly IFrameReader _frames;
    private readonly FrameBuffer _buffer = new();
    private readonly bool _hidesUsageFrame;
    private bool _ended;
    private CallError? _failure;

    private ForwardedStream(UpstreamExchange exchange, bool hidesUsageFrame)
    {
        _exchange = exchange;
        _frames = exchange.Dialect.CreateFrameReader();
        _hidesUsageFrame = hidesUsageFrame;
        _probe = exchange.Dialect.CreateProbe(exchange.Call.Envelope.Operation);
    }

    public override int Status => _exchange.Status;

    public override string ContentType => "text/event-stream; charset=utf-8";

    public override long? ContentLength => null;

    public override bool IsStream => true;

    /// <summary>Reads up to the first content frame: until then another target may still be tried.</summary>
    /// <exception cref="CallException">The stream began with an error, or ended before it began.</exception>
    public static async ValueTask<ForwardedStream> OpenAsync(UpstreamExchange exchange, bool hidesUsageFrame)
    {
        var stream = new ForwardedStream(exchange, hidesUsageFrame);
        try
        {
            while (!await stream.ReadFramesAsync().ConfigureAwait(false))
            {
                if (stream._probe.Error is { } error)
                    throw new CallException(error);
                if (stream._ended)
                    throw new CallException(exchange.Malformed("returned an empty response"));
                if (stream._buffer.Length > OpeningLimit)
                    break;
            }

            exchange.Clock.Enter(ClockPhase.Idle, exchange.Call.Snapshot.Clocks.Idle);
            return stream;
        }
        catch
        {
            exchange.Attempt.Observe(stream._probe.Usage);
            stream._buffer.Dispose();
            throw;
        }
    }

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        try
        {
            while (true)
            {
                if (_buffer.Take() is { IsEmpty: false } bytes)
                    return bytes;
                // Shown only now: an error behind content must not look like a failure before it because both came in one read.
                Error ??= _failure;
                if (_ended)
                    return default;
                await ReadFramesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _ended = true;
            Error ??= _exchange.Explain(e);
            return default;
        }
    }

    protected override ValueTask ReleaseAsync()
    {
        _buffer.Dispose();
        _exchange.End(this, _probe.Usage);
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads once and passes the frames that are now whole.</summary>
    /// <returns>Whether one of them was content, or the end of it.</returns>
    private async ValueTask<bool> ReadFramesAsync()
    {
        var read = await _exchange.ReadAsync(_buffer.GetSpace()).ConfigureAwait(false);
        if (read == 0)
        {
            var (any, whole) = (_frames.Finish(out var frame), IsWhole(frame));
            var last = any && whole && Pass(frame);
            // Half a frame is not passed: the error event that says the answer broke off would be glued to it. Nor is it looked at: a
            // finish reason in it may itself be only half there.
            if (whole && (_probe.SawEnd || _failure is not null))
                _buffer.PassAll();
            End();
            return last;
        }

        _frames.Feed(_buffer.Advance(read));
        var (began, signOfLife) = (false, false);
        while (!_ended && _frames.TryRead(out var frame))
        {
            signOfLife = true;
            began |= Pass(frame);
        }

        // Comments pass as well: they keep proxies between us and the client from giving up. They do not count as a sign of life.
        _buffer.Pass(_frames.ConsumedEnd);
        if (signOfLife)
            _exchange.Clock.Touch();
        return began;
    }

    /// <summary>Whether the frame that a stream ends in is all there, although no blank line says so.</summary>
    private static bool IsWhole(StreamFrame frame) =>
        frame.Data.IsEmpty || frame.Data.Trim(" \t\r\n"u8).SequenceEqual("[DONE]"u8) || WireJson.TryParse(frame.Data, out _, out _);

    /// <summary>Takes note of one frame.</summary>
    /// <returns>Whether it is content, or the end of it.</returns>
    private bool Pass(StreamFrame frame)
    {
        switch (_probe.Observe(frame))
        {
            case FrameKind.UsageOnly when _hidesUsageFrame:
                _buffer.Hide(_frames.FrameStart, _frames.FrameEnd);
                return false;
            case FrameKind.Content or FrameKind.UsageOnly:
                return _failure is null;
            case FrameKind.Terminator:
                // Nothing a client needs follows, and some providers keep the connection open behind it.
                (_ended, IsComplete) = (true, _failure is null);
                return _failure is null;
            case FrameKind.Error:
                // Passes like any other frame once the stream is under way; before that, OpenAsync turns it into a failure.
                (_failure, ErrorWasSent) = (_probe.Error! with { Provider = _exchange.Provider }, true);
                return false;
            default:
                return false;
        }
    }

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        if (_probe.SawEnd && _failure is null)
            IsComplete = true;
        else
            _failure ??= new CallError(CallErrorKind.StreamInterrupted, $"{_exchange.Provider} ended its stream before the answer was complete.")
            {
                Provider = _exchange.Provider,
            };
    }
}

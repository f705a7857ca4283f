using System.Text;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// A stream, forwarded byte for byte, with a probe that reads usage and errors beside the copy. Only whole frames are returned, so that an
/// error event can be added at any point, and the usage frame left out if only we requested it.
/// </summary>
internal sealed class ForwardedStream : ForwardedResponse
{
    /// <summary>
    /// The most bytes buffered while waiting for the first content frame, 256 KiB. A stream that sends more without one counts as open.
    /// </summary>
    private const int OpeningLimit = 256 * 1024;

    private readonly UpstreamExchange _exchange;
    private readonly IAnswerProbe _probe;
    private readonly IFrameReader _frames;
    private readonly FrameBuffer _buffer = new();
    private bool _ended;
    private CallError? _failure;
    private OutputCount _output;
    private bool _isCounted;

    private ForwardedStream(UpstreamExchange exchange)
    {
        _exchange = exchange;
        _frames = exchange.Dialect.CreateFrameReader();
        _probe = exchange.Dialect.CreateProbe(exchange.Call.Envelope.Operation);
    }

    public override int Status => _exchange.Status;

    public override string ContentType => "text/event-stream; charset=utf-8";

    public override long? ContentLength => null;

    public override bool IsStream => true;

    // Formats without a terminator end with the frame that has the reason and the usage.
    public override bool IsEnding => IsComplete || (_probe.SawEnd && _probe.Usage.Output is not null);

    /// <summary>
    /// Reads up to the first content frame: until then another target may still be tried. A whole answer in place of a stream is decoded.
    /// </summary>
    /// <exception cref="CallException">The stream began with an error, or ended without content.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange)
    {
        var stream = new ForwardedStream(exchange);
        try
        {
            while (!await stream.ReadFramesAsync().ConfigureAwait(false))
            {
                if (stream._probe.Error is { } error)
                    throw new CallException(error);
                var isLong = stream._buffer.Length > OpeningLimit;
                if ((stream._ended || isLong) && stream.TakeObject() is { } head)
                    return await DecodedAnswer.OpenAsync(exchange, head).ConfigureAwait(false);
                if (stream._ended)
                    throw new CallException(exchange.Empty(stream._probe));
                if (isLong)
                    break;
                exchange.RestartOnComment();
            }

            exchange.Attempt.Issued(stream._probe.KeptId, exchange.Credential.Account);
            exchange.EnterIdle();
            return stream;
        }
        catch
        {
            exchange.Observe(stream._probe);
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
                    return ReportAtEnd(bytes);
                // Set after the bytes before it were returned: content and error may have arrived in one read.
                Error ??= _failure;
                if (_ended)
                    return ReportAtEnd(default);
                await ReadFramesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _ended = true;
            Error ??= _exchange.Explain(e, isOpenStream: true);
            return default;
        }
    }

    protected override ValueTask ReleaseAsync()
    {
        _buffer.Dispose();
        _exchange.Attempt.OutputCharacters = _output.Characters;
        _exchange.Observe(_probe);
        _exchange.End(this, _probe.Usage);
        return ValueTask.CompletedTask;
    }

    /// <summary>Reports the usage once the bytes that are returned end the answer: a strict ledger records it before.</summary>
    private ReadOnlyMemory<byte> ReportAtEnd(ReadOnlyMemory<byte> bytes)
    {
        if (IsEnding)
        {
            _exchange.Observe(_probe);
            _exchange.Attempt.OutputCharacters = _output.Characters;
        }

        return bytes;
    }

    /// <summary>
    /// What was read, where that is a chat and begins like an object: an answer that is no stream, although its content type is that of
    /// one. Null otherwise.
    /// </summary>
    private byte[]? TakeObject()
    {
        if (!_exchange.AnswersInWords || _buffer.Between(0, _buffer.Length).TrimStart(" \t\r\n\uFEFF"u8) is not [(byte)'{', ..])
            return null;
        var head = _buffer.Between(0, _buffer.Length).ToArray();
        _buffer.Dispose();
        return head;
    }

    /// <summary>Reads once, and releases the frames that are complete now.</summary>
    /// <returns>Whether one of them was content, or the terminator.</returns>
    private async ValueTask<bool> ReadFramesAsync()
    {
        var read = await _exchange.ReadAsync(_buffer.GetSpace()).ConfigureAwait(false);
        if (read == 0)
        {
            var (any, whole) = (_frames.Finish(out var frame), IsWhole(frame));
            var last = any && whole && Observe(frame);
            // An incomplete frame is not returned, because the error event of the interrupted answer would be appended to it. The probe
            // does not see it either: a finish reason in it may be cut in the middle.
            if (whole && (_probe.SawEnd || _failure is not null))
                _buffer.PassAll();
            End();
            return last;
        }

        _frames.Feed(_buffer.Advance(read));
        var (content, anyFrame) = (false, false);
        while (!_ended && _frames.TryRead(out var frame))
        {
            anyFrame = true;
            content |= Observe(frame);
        }

        // Comments are forwarded too, as keep-alives for proxies between us and the client. They do not reset the idle timeout.
        _buffer.Pass(_frames.ConsumedEnd);
        if (anyFrame)
            _exchange.Clock.Touch();
        _exchange.Clock.Pause();
        return content;
    }

    /// <summary>Whether the last frame of a stream is complete, although no blank line follows it.</summary>
    private bool IsWhole(StreamFrame frame) =>
        frame.Data.IsEmpty || WireJson.TryParse(frame.Data, out _, out _) || _probe.IsTerminator(frame.Data);

    /// <summary>Gives one frame to the probe, and acts on what kind of frame it is.</summary>
    /// <returns>Whether it opens the answer: content or the terminator, with no error before it.</returns>
    private bool Observe(StreamFrame frame)
    {
        // Readers that do not know the mark would take it for a part of the first line, and so miss the first event.
        if (_frames.FrameStart == FrameBuffer.MarkLength)
            _buffer.HideMark();
        _exchange.Reasoning?.ObserveForwarded(_exchange.Dialect, frame);
        switch (_probe.Observe(frame))
        {
            // Clients ignore what is not an event: it is withheld, and an error in it is rewritten as an event.
            case not (FrameKind.Error or FrameKind.Failure) when frame.IsBare:
                _buffer.Hide(_frames.FrameStart, _frames.FrameEnd);
                return false;
            case FrameKind.UsageOnly:
                _isCounted = true;
                if (_exchange.HidesUsageFrame)
                    _buffer.Hide(_frames.FrameStart, _frames.FrameEnd);
                return false;
            case FrameKind.Content:
                // Counts before it do not include it.
                _isCounted = false;
                if (_exchange.AnswersInWords)
                    _output.Add(frame.Data);
                return _failure is null;
            case FrameKind.Terminator:
                // The answer is complete. Reading on could wait: some providers keep the connection open after the terminator.
                (_ended, IsComplete) = (true, _failure is null);
                _exchange.Observe(_probe);
                return _failure is null && !_probe.IsEmpty;
            case FrameKind.Error when !frame.IsBare:
                CountFailed(frame);
                Fail(_exchange.Finish(_probe.Error!));
                return false;
            case FrameKind.Error or FrameKind.Failure:
                CountFailed(frame);
                _buffer.Hide(_frames.FrameStart, _frames.FrameEnd);
                (_failure, _ended) = (_exchange.Finish(_probe.Error!), true);
                return false;
            default:
                return false;
        }
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

    /// <summary>
    /// An error event is forwarded like any other frame once the stream is open; before that, OpenAsync throws the error. One that quotes a
    /// secret is withheld, and the stream ends before it: the client gets the same error, rewritten.
    /// </summary>
    private void Fail(CallError error)
    {
        _failure ??= error;
        var frame = Encoding.UTF8.GetString(_buffer.Between(_frames.FrameStart, _frames.FrameEnd));
        if (!_exchange.Call.Snapshot.Secrets.IsQuotedIn(frame) && !Sanitizer.Finds(frame))
        {
            ErrorWasSent = true;
            return;
        }

        _buffer.Hide(_frames.FrameStart, _frames.FrameEnd);
        _ended = true;
    }

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        _exchange.Observe(_probe);
        _exchange.Reasoning?.FinishForwarded();
        if (_probe.SawEnd && _failure is null)
            IsComplete = true;
        else
            _failure ??= Interrupted();
    }

    private CallError Interrupted() =>
        new(CallErrorKind.StreamInterrupted, $"{_exchange.Provider} ended its stream before the answer was complete.")
        {
            Provider = _exchange.Provider,
        };
}

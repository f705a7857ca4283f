using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Json;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// A whole answer, forwarded byte for byte. Up to 256 KiB are read before it counts as open; most answers fit, so that they are checked
/// and their usage is read at once. A longer one (vectors, images) is copied as it arrives, and its usage is searched for in its first and
/// its last 4 KiB.
/// </summary>
internal sealed class ForwardedBody : ForwardedResponse
{
    private const int InitialSize = 4 * 1024;
    private const int HeadLimit = 256 * 1024;

    /// <summary>The beginning of a long answer that is read for its id and its usage, 4 KiB.</summary>
    private const int StartLength = 4 * 1024;

    /// <summary>The approximate part of a long answer that is not its text, 400 bytes; used if its provider counts no tokens.</summary>
    private const int EnvelopeLength = 400;

    private readonly UpstreamExchange _exchange;
    private readonly IAnswerProbe _probe;
    private TailWindow? _tail;
    private byte[] _buffer;
    private int _filled;
    private bool _gaveHead;
    private bool _readAll;
    private long _given;

    private ForwardedBody(UpstreamExchange exchange)
    {
        _exchange = exchange;
        _probe = exchange.Dialect.CreateProbe(exchange.Call.Envelope.Operation);
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((exchange.ContentLength ?? 0) + 1, InitialSize, HeadLimit));
    }

    public override int Status => _exchange.Status;

    public override string ContentType => ContentTypes.OfJson(_exchange.ContentType);

    public override long? ContentLength => _readAll ? _filled : _exchange.ContentLength;

    public override bool IsStream => false;

    private bool IsEventStream => _exchange.Call.Envelope.Operation is CallOperation.Chat or CallOperation.Completion
        && JoinedStream.Begins(_buffer.AsSpan(0, _filled));

    /// <summary>
    /// Reads the answer, or the beginning of a long one. A stream in its place is not passed on but decoded, and so are vectors in another
    /// encoding than the requested one.
    /// </summary>
    /// <exception cref="CallException">The answer is empty, not JSON, or an error.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange)
    {
        var body = new ForwardedBody(exchange);
        try
        {
            await body.ReadHeadAsync().ConfigureAwait(false);
            if (!body.IsEventStream && !VectorEncoding.IsIgnored(exchange, body._buffer.AsSpan(0, body._filled)))
            {
                body.CheckHead();
                return body;
            }

            var decoded = await DecodedAnswer.OpenAsync(exchange, body._buffer.AsMemory(0, body._filled)).ConfigureAwait(false);
            RentedBuffer.Return(ref body._buffer);
            return decoded;
        }
        catch
        {
            RentedBuffer.Return(ref body._buffer);
            throw;
        }
    }

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (!_gaveHead)
        {
            _gaveHead = true;
            _given = _filled;
            IsComplete = _readAll;
            // Before the end is returned: a strict ledger records the usage first.
            CountOutput();
            return _buffer.AsMemory(0, _filled);
        }

        if (_readAll)
            return default;
        try
        {
            var read = await _exchange.ReadAsync(_buffer).ConfigureAwait(false);
            _exchange.Clock.Touch();
            _exchange.Clock.Pause();
            _given += read;
            if (read > 0)
                _tail!.Add(_buffer.AsSpan(0, read));
            // The last bytes are known to be the last, so that the work that must precede them can be done.
            if (read == 0 || _given == _exchange.ContentLength)
                End();
            return Error is null ? _buffer.AsMemory(0, read) : default;
        }
        catch (Exception e)
        {
            _readAll = true;
            Error = _exchange.Explain(e);
            return default;
        }
    }

    protected override ValueTask ReleaseAsync()
    {
        ReadTail();
        CountOutput();
        RentedBuffer.Return(ref _buffer);
        _exchange.Observe(_probe);
        _exchange.End(this, _probe.Usage);
        return ValueTask.CompletedTask;
    }

    private void End()
    {
        _readAll = true;
        // The end of the body is not always the end of the answer: a connection without a length, or a compressed answer that is cut off,
        // ends like a complete one.
        if (_tail!.MayEndObject)
            IsComplete = true;
        else
            Error = _exchange.Malformed("ended its answer before it was complete");
        ReadTail();
        CountOutput();
        _exchange.Observe(_probe);
    }

    /// <summary>Counts the characters, roughly if they are not needed or no longer known.</summary>
    private void CountOutput() =>
        _exchange.Attempt.OutputCharacters = _probe.Usage.Output > 0 || _given > _filled || !_exchange.AnswersInWords
            ? Math.Max(0, _given - EnvelopeLength)
            : FrameText.LengthOf(_buffer.AsSpan(0, _filled));

    /// <summary>Reads the usage at the end of a long answer, once, and the service tier, which in OpenAI's responses precedes it.</summary>
    private void ReadTail()
    {
        if (_tail is not null && _tail.TryFind(_probe.UsageMember, "\"service_tier\""u8, out var tail))
            _probe.ObserveBody([(byte)'{', .. tail]);
        _tail = null;
    }

    private async ValueTask ReadHeadAsync()
    {
        while (true)
        {
            var read = await _exchange.ReadAsync(_buffer.AsMemory(_filled)).ConfigureAwait(false);
            _filled += read;
            if (read == 0 || _filled == _exchange.ContentLength)
            {
                _readAll = true;
                break;
            }

            // A stream is decoded, and may not end behind its last event.
            if (IsEventStream)
                break;
            if (_filled < _buffer.Length)
                continue;
            if (_filled >= HeadLimit)
                break;
            Grow();
        }
    }

    private void CheckHead()
    {
        var head = _buffer.AsSpan(0, _filled);
        // Some servers write a byte order mark before JSON, which not every client's reader takes.
        if (_readAll && WireJson.WithoutMark(head).Length < head.Length)
        {
            head[3..].CopyTo(head);
            _filled -= 3;
            head = head[..^3];
        }

        var start = head.TrimStart(" \t\r\n\uFEFF"u8);
        if (start.IsEmpty)
            throw new CallException(_exchange.Malformed("returned an empty response"));
        if (_readAll ? !_probe.ObserveBody(head) : start[0] != (byte)'{')
            throw new CallException(_exchange.Malformed("answered something that is not JSON"));
        if (_probe.Error is not null || (_readAll && _probe.IsEmpty))
        {
            // Billed all the same.
            _exchange.Observe(_probe);
            throw new CallException(_probe.Error ?? _exchange.Empty(_probe));
        }

        // Of a long answer, what precedes the vectors or the picture: the id under which it is kept, with some servers the usage.
        if (!_readAll)
            _probe.ObserveBody(head[..StartLength]);
        else
            _exchange.Reasoning?.ObserveForwarded(_exchange.Dialect, _buffer.AsMemory(0, _filled));
        if (_readAll)
            CountOutput();
        _exchange.Attempt.Issued(_probe.KeptId, _exchange.Credential.Account);
        _exchange.Observe(_probe);
        if (!_readAll)
        {
            (_tail = new()).Add(head);
            _exchange.EnterIdle();
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer.Length * 4, HeadLimit));
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

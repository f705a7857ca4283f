using System.Buffers;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Egress.Exchange;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>
/// Copies one answer while it is read, and passes the copy to the recorder when the answer is disposed. It cannot fail the call. Not
/// thread-safe, because the answer is not.
/// </summary>
internal sealed class Tape(Recorder recorder, RecordingPlan plan, string name, UpstreamExchange exchange, RecordedRequest request) : ITape
{
    private static readonly HashSet<string> s_streams = new(StringComparer.OrdinalIgnoreCase)
    {
        "text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream",
    };

    private readonly long _begun = exchange.Call.Time.GetTimestamp();
    private readonly DateTimeOffset _time = exchange.Call.Time.GetUtcNow();
    private readonly List<(int End, long At)> _pieces = [];

    // Null once it exceeds the maximum size.
    private ArrayBufferWriter<byte>? _bytes = new();
    private List<KeyValuePair<string, string>> _headers = [];
    private int _status;
    private long _head;

    public Stream Follow(HttpResponseMessage response, Stream body)
    {
        _head = exchange.Call.Time.GetTimestamp();
        _status = (int)response.StatusCode;
        _headers = RecordedParts.HeadersOf(response.Headers.NonValidated);
        _headers.AddRange(RecordedParts.HeadersOf(response.Content.Headers.NonValidated));
        return new TapedStream(this, body);
    }

    /// <summary>Adds bytes that were read.</summary>
    public void Hear(ReadOnlySpan<byte> bytes)
    {
        if (_bytes is null)
            return;
        if (_bytes.WrittenCount + bytes.Length + (request.Body?.Length ?? 0) > plan.MaxBytes)
        {
            _bytes = null;
            return;
        }

        try
        {
            _bytes.Write(bytes);
        }
        catch (OutOfMemoryException)
        {
            // Only the copy is dropped: the answer may need less memory.
            _bytes = null;
            return;
        }

        _pieces.Add((_bytes.WrittenCount, exchange.Call.Time.GetTimestamp()));
    }

    /// <summary>Ends the recording: the answer is not read any further.</summary>
    /// <param name="hasEnded">Whether its end was seen.</param>
    /// <param name="hasBroken">Whether reading it failed.</param>
    public void End(bool hasEnded, bool hasBroken)
    {
        if (_bytes is not { } bytes)
            recorder.Note(RecordingOutcome.TooLarge);
        else if (!hasEnded && WasLeft())
            recorder.Note(RecordingOutcome.Abandoned);
        else
            recorder.Add(RecordingOf(bytes.WrittenMemory.ToArray(), hasBroken));
        _bytes = null;
    }

    /// <summary>
    /// Whether the reader abandoned the answer. An answer that was not read to its end is still complete if the engine recognised its end
    /// by the format, or had read enough to refuse it.
    /// </summary>
    private bool WasLeft() => exchange.Attempt.Outcome switch
    {
        AttemptOutcome.Finished or AttemptOutcome.BrokeOff => false,
        AttemptOutcome.Abandoned => true,
        _ => exchange.Attempt.Aborted.IsCancellationRequested,
    };

    private WaitingRecording RecordingOf(byte[] bytes, bool hasBroken)
    {
        var deployment = exchange.Attempt.Deployment;
        return new WaitingRecording(plan, name, _begun, new Cassette
        {
            Recorded = _time,
            Alias = plan.AliasOf(exchange.Call),
            Provider = exchange.Provider,
            Type = plan.TypeOf(exchange.Provider),
            Format = exchange.Dialect.Id.Value,
            Model = deployment.Model,
            Request = request,
            Answer = AnswerOf(bytes, hasBroken),
        })
        {
            Secrets = exchange.Call.Snapshot.Secrets,
        };
    }

    /// <summary>The pieces in which a whole answer arrived do not matter: it becomes one piece, at the time of its last byte.</summary>
    private RecordedAnswer AnswerOf(byte[] bytes, bool hasBroken)
    {
        var answer = new RecordedAnswer { Status = _status, Headers = _headers, BrokeOff = hasBroken };
        var isStream = s_streams.Contains((answer.Header("content-type") ?? "").Split(';')[0].Trim());
        var opened = isStream || _pieces.Count == 0 ? _head : _pieces[^1].At;
        return answer with
        {
            After = exchange.Call.Time.GetElapsedTime(_begun, opened),
            Pieces = isStream ? PiecesOf(bytes) : bytes.Length == 0 ? [] : [new(TimeSpan.Zero, bytes)],
        };
    }

    private List<RecordedPiece> PiecesOf(byte[] bytes)
    {
        List<RecordedPiece> pieces = [];
        var (start, before) = (0, _head);
        foreach (var (end, at) in _pieces)
        {
            pieces.Add(new(exchange.Call.Time.GetElapsedTime(before, at), bytes.AsMemory(start..end)));
            (start, before) = (end, at);
        }

        return pieces;
    }

    /// <summary>A body whose reads are copied to the tape.</summary>
    private sealed class TapedStream(Tape tape, Stream body) : ForwardOnlyStream
    {
        private bool _hasEnded;
        private bool _hasBroken;
        private bool _isDisposed;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _hasBroken = true;
                throw;
            }

            // A read with an empty buffer waits for bytes and reads none.
            if (read > 0)
                tape.Hear(buffer.Span[..read]);
            else if (!buffer.IsEmpty)
                _hasEnded = true;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isDisposed)
            {
                _isDisposed = true;
                body.Dispose();
                tape.End(_hasEnded, _hasBroken);
            }

            base.Dispose(disposing);
        }
    }
}

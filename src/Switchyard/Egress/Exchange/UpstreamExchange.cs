using System.Globalization;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Fitting;
using Switchyard.Egress.Reasoning;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// The resources of one attempt over HTTP until its answer has been read: the lease on the provider, the clock, the response and its
/// stream. Disposing it releases them, and closes the connection if the answer was not read to its end.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="attempt">The attempt, which ends with this exchange.</param>
/// <param name="lease">Keeps the provider from being disposed. The exchange disposes the lease.</param>
/// <param name="clock">The attempt's timeouts. The exchange disposes the clock.</param>
/// <param name="credential">The provider's credential.</param>
/// <param name="destination">The deployment as its dialect sees it, the dialect, and the URL.</param>
internal sealed class UpstreamExchange(
    ModelCall call, Attempt attempt, ProviderLease lease, AttemptClock clock, EndpointCredential credential, Destination destination)
    : IDisposable
{
    private HttpResponseMessage? _response;
    private Stream? _stream;
    private bool _isDecoded;

    public ModelCall Call { get; } = call;

    public Attempt Attempt { get; } = attempt;

    public string Provider => lease.Name;

    public EndpointCredential Credential { get; } = credential;

    public AttemptClock Clock { get; } = clock;

    /// <summary>The URL the request is sent to.</summary>
    public Uri Url { get; } = destination.Url;

    /// <summary>The egress dialect.</summary>
    public IEgressDialect Dialect { get; } = destination.Dialect;

    /// <summary>The deployment as the dialect sees it.</summary>
    public EgressTarget Target { get; } = destination.Target;

    /// <summary>
    /// Records the reasoning state of the answer's tool calls; null if it is not a chat, and for a forwarded answer of a provider that does
    /// not require its reasoning back as text.
    /// </summary>
    public ReasoningRecorder? Reasoning { get; set; }

    /// <summary>The changes to tools that must be undone in the answer; null if all are sent unchanged.</summary>
    public FittedTools? Tools { get; set; }

    /// <summary>The parts in which the request is sent; null if it is sent whole.</summary>
    public EmbeddingParts? Parts { get; set; }

    /// <summary>Whether we, not the client, asked for the usage frame of a stream, so that it must not reach the client.</summary>
    public bool HidesUsageFrame { get; set; }

    /// <summary>Records the exchange; null for nothing.</summary>
    public ITape? Tape { get; set; }

    /// <summary>Whether its answer is text, from whose length tokens can be estimated: not vectors, pictures, or encrypted.</summary>
    public bool AnswersInWords => Call.Envelope.Operation is CallOperation.Chat or CallOperation.Completion;

    public int Status => (int)_response!.StatusCode;

    /// <summary>The content type as it was sent; empty when there was none.</summary>
    public string ContentType { get; private set; } = "";

    /// <summary>The number of bytes of the (decompressed) body; null if it is not known, as for a compressed one.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Takes ownership of the response and opens its body. The response to the part before is released.</summary>
    public async ValueTask ReceiveAsync(HttpResponseMessage response)
    {
        if (_response is not null)
            ReleaseResponse();
        _response = response;
        ProviderLimits.Note(response.Headers, Dialect.LimitHeaders, Call, Attempt);
        // Not validated: parsing the headers into objects costs more than everything else done with them.
        var headers = response.Content.Headers.NonValidated;
        if (headers.TryGetValues("Content-Type", out var type))
            ContentType = KnownContentType(type.ToString());
        var body = await response.Content.ReadAsStreamAsync(Clock.Token).ConfigureAwait(false);
        if (headers.TryGetValues("Content-Encoding", out var encoding))
        {
            _stream = body;
            try
            {
                _stream = ContentDecoding.Decode(body, encoding.ToString());
                _isDecoded = _stream != body;
            }
            catch (CallException) when (Status >= 400)
            {
                // The status alone decides what follows from the error; a body in an unknown encoding is dropped.
                _stream = Stream.Null;
            }
        }
        else
        {
            _stream = body;
            ContentLength = response.Content.Headers.ContentLength;
        }

        if (Tape is not null)
            _stream = Tape.Follow(response, _stream);
    }

    /// <summary>Reads some bytes of the body; 0 at the end. The reader pauses the clock between reads; this resumes it.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        Clock.Resume();
        return _stream!.ReadAsync(buffer, Clock.Token);
    }

    /// <summary>Whether the body begins like a JSON object. What is read for this is read again as the body's beginning.</summary>
    public async ValueTask<bool> BeginsWithObjectAsync()
    {
        var head = new byte[BegunStream.HeadLength];
        var (filled, start) = (0, (byte)0);
        while (start == 0 && filled < head.Length)
        {
            var read = await ReadAsync(head.AsMemory(filled)).ConfigureAwait(false);
            if (read == 0)
                break;
            filled += read;
            start = head.AsSpan(0, filled).TrimStart(" \t\r\n\uFEFF"u8) is [var first, ..] ? first : (byte)0;
        }

        _stream = new BegunStream(head.AsMemory(0, filled), _stream!);
        return start == (byte)'{';
    }

    /// <summary>The time until the answer must be open.</summary>
    /// <param name="firstToken">The endpoint's own time of the first token; null for none.</param>
    public AttemptLimit LimitFor(TimeSpan? firstToken) =>
        AttemptLimit.Of(Call, Attempt, lease, reasons: Target.Facts.Reasoning is true, firstToken);

    /// <summary>Restarts the time after a comment or the like before the first content, if the configuration counts comments.</summary>
    public void RestartOnComment()
    {
        if (Call.Snapshot.Clocks.CommentsCount)
            Clock.Restart();
    }

    /// <summary>The answer is open: from now on each wait for more of it is limited.</summary>
    public void EnterIdle()
    {
        Clock.Enter(ClockPhase.Idle, Call.Snapshot.Clocks.Idle);
        Clock.Pause();
    }

    /// <summary>Reads the body up to a limit; null if it is longer.</summary>
    /// <param name="limit">The most bytes.</param>
    /// <param name="isLast">Whether the bytes just read are the last that are needed; null if only the end shows that.</param>
    public ValueTask<ReadOnlyMemory<byte>?> ReadWholeAsync(int limit, Func<ReadOnlyMemory<byte>, bool>? isLast = null) =>
        BoundedRead.ReadAsync(ReadAsync, ContentLength, limit, isLast);

    /// <summary>Reads the body of an error; empty if it is longer than the limit, or cannot be read to its end.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadErrorAsync(int limit) =>
        BoundedRead.ReadErrorAsync(ReadAsync, ContentLength, limit, Clock.Token);

    /// <summary>The pause the provider asks for in its headers; null if it asks for none.</summary>
    public TimeSpan? RetryAfter() => RetryAfterHeaders.Read(_response!.Headers, Call.Time.GetUtcNow());

    /// <summary>The request's token count from a header of the answer; null without one.</summary>
    public long? InputTokens() =>
        Dialect.InputTokensHeader is { } name && _response!.Headers.NonValidated.TryGetValues(name, out var value)
            && long.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? TokenUsage.Plausible(count)
            : null;

    /// <summary>The error of an exception while sending or reading.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="isOpenStream">Whether it breaks off a stream that was open already.</param>
    public CallError Explain(Exception exception, bool isOpenStream = false)
    {
        if (exception is CallException known)
            return Finish(known.Error);
        // A decoder throws this for bytes that are not in its encoding.
        if (_isDecoded && exception is InvalidOperationException)
            exception = new InvalidDataException("The answer cannot be decompressed.", exception);
        return UpstreamFailure.Explain(exception, Call, Provider, Clock, isOpenStream);
    }

    /// <summary>A dialect's error, with the provider named and secrets masked.</summary>
    public CallError Finish(CallError error) => UpstreamFailure.Finish(error, Call, Provider);

    /// <summary>The error of a malformed answer.</summary>
    /// <param name="what">The end of the sentence that begins with the provider: <c>returned an empty response</c>.</param>
    public CallError Malformed(string what) =>
        new(CallErrorKind.UpstreamUnavailable, $"{Provider} {what}.") { Provider = Provider, UpstreamStatus = Status };

    /// <summary>The error of a forwarded answer that is empty, with the reason the provider gave.</summary>
    public CallError Empty(IAnswerProbe probe) => FinishWords.ErrorOf(probe.EmptyReason)
        ?? Malformed(probe.EmptyReason is { } reason ? $"returned an empty response ({reason})" : "returned an empty response");

    /// <summary>
    /// The probe that reads the service tier of a decoded chat answer. It costs a second scan, so it is null if no tier has its own price.
    /// </summary>
    public IAnswerProbe? ServiceTierProbe() =>
        Attempt.Deployment.Price is { HasServiceTiers: true } && Call.Envelope.Operation is CallOperation.Chat or CallOperation.Completion
            ? Dialect.CreateProbe(Call.Envelope.Operation)
            : null;

    /// <summary>Records the usage of an answer, in addition to that of the parts of the request which were answered before.</summary>
    public void Observe(in TokenUsage usage) => Attempt.Observe(Parts is null ? usage : Parts.Usage.Plus(usage));

    /// <summary>Records what has been seen of an answer so far.</summary>
    public void Observe(IAnswerProbe probe)
    {
        Observe(probe.Usage);
        Attempt.IsUnfinished = probe.IsUnfinished;
        Attempt.IsCountedAtItsStart = probe.IsCountedAtStart;
        // Most providers name a tier with each answer; it matters only if it has a price.
        if (Attempt.Deployment.Price is { HasServiceTiers: true } && probe.ServiceTier is { } tier
            && (Call.Envelope.ServiceTier is not null || !ServiceTiers.IsOrdinary(tier)))
        {
            Attempt.ServiceTier = tier;
        }
    }

    /// <summary>Ends the attempt when its answer is disposed, with the usage reported last, and releases everything.</summary>
    public void End(CallResponse answer, in TokenUsage usage)
    {
        Attempt.Observe(usage);
        Attempt.End(answer);
        Dispose();
    }

    /// <summary>The content type is the one header of a provider that reaches the client.</summary>
    private string KnownContentType(string type) => type is "application/json" ? type : Call.Snapshot.Secrets.Redact(type);

    public void Dispose()
    {
        _stream?.Dispose();
        _response?.Dispose();
        Parts?.Dispose();
        Clock.Dispose();
        lease.Dispose();
    }

    private void ReleaseResponse()
    {
        _stream?.Dispose();
        _response!.Dispose();
        (_stream, _isDecoded, ContentType, ContentLength) = (null, false, "", null);
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Reasoning;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// What one attempt over HTTP holds until its answer has been read: the lease on the provider, the clocks, the request and the
/// response. Disposing it gives all of them back and closes the connection if the answer was not read to its end.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="attempt">The attempt, which ends with this exchange.</param>
/// <param name="lease">Keeps the provider.</param>
/// <param name="credential">What it is asked with.</param>
/// <param name="wheel">Looks at the attempt's clocks.</param>
internal sealed class UpstreamExchange(
    ModelCall call, Attempt attempt, ProviderLease lease, EndpointCredential credential, ClockWheel wheel) : IDisposable
{
    private HttpResponseMessage? _response;
    private Stream? _stream;

    public ModelCall Call { get; } = call;

    public Attempt Attempt { get; } = attempt;

    public string Provider => lease.Name;

    public EndpointCredential Credential { get; } = credential;

    public AttemptClock Clock { get; } = new(wheel, call);

    /// <summary>Where it goes; known before anything is sent.</summary>
    public Destination Destination { get; set; }

    /// <summary>The provider's side of its format.</summary>
    public IEgressDialect Dialect => Destination.Dialect;

    /// <summary>The deployment as the dialect sees it.</summary>
    public EgressTarget Target => Destination.Target;

    /// <summary>Keeps the reasoning state of the answer's tool calls; null where the answer can have none.</summary>
    public ReasoningRecorder? Reasoning { get; set; }

    public int Status => (int)_response!.StatusCode;

    /// <summary>The content type as it was sent; empty when there was none.</summary>
    public string ContentType { get; private set; } = "";

    /// <summary>How many bytes the body has as it is read here; null when that is not known, as of one that came compressed.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Takes the response and opens its body.</summary>
    public async ValueTask ReceiveAsync(HttpResponseMessage response)
    {
        _response = response;
        // Not validated: parsing the headers into objects costs more than everything else done with them.
        var headers = response.Content.Headers.NonValidated;
        if (headers.TryGetValues("Content-Type", out var type))
            ContentType = type.ToString();
        var body = await response.Content.ReadAsStreamAsync(Clock.Token).ConfigureAwait(false);
        if (headers.TryGetValues("Content-Encoding", out var encoding))
        {
            _stream = ContentDecoding.Decode(body, encoding.ToString());
            return;
        }

        _stream = body;
        ContentLength = response.Content.Headers.ContentLength;
    }

    /// <summary>Reads some bytes of the body; 0 at the end.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _stream!.ReadAsync(buffer, Clock.Token);

    /// <summary>Reads the body up to a limit; null when it is longer.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadWholeAsync(int limit)
    {
        var buffer = new byte[Math.Min(ContentLength ?? 4096, limit) + 1];
        var length = 0;
        while (true)
        {
            var read = await ReadAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0)
                return buffer.AsMemory(0, length);
            length += read;
            if (length > limit)
                return null;
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
        }
    }

    /// <summary>How long the provider asks us to wait: <c>retry-after-ms</c>, then <c>Retry-After</c> in seconds or as a date.</summary>
    public TimeSpan? RetryAfter()
    {
        var headers = _response!.Headers;
        if (headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds >= 0)
        {
            return TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
        }

        return headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date - Call.Time.GetUtcNow() is var wait && wait > TimeSpan.Zero => wait,
            _ => null,
        };
    }

    /// <summary>What an exception while sending or reading means.</summary>
    public CallError Explain(Exception exception) => UpstreamFailure.Explain(exception, Call, Provider, Clock);

    /// <summary>The error of an answer that is none.</summary>
    /// <param name="what">What the provider did: <c>returned an empty response</c>.</param>
    public CallError Malformed(string what) =>
        new(CallErrorKind.UpstreamUnavailable, $"{Provider} {what}.") { Provider = Provider, UpstreamStatus = Status };

    /// <summary>The answer has been read or left: ends the attempt with what the target reported last, and gives everything back.</summary>
    public void End(CallResponse answer, in TokenUsage usage)
    {
        Attempt.Observe(usage);
        Attempt.End(answer);
        Dispose();
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _response?.Dispose();
        Clock.Dispose();
        lease.Dispose();
    }
}

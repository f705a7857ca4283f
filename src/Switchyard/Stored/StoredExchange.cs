using System.Globalization;
using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Egress;
using Switchyard.Egress.Exchange;
using Switchyard.Network;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Stored;

/// <summary>
/// One request to a provider about an object it stores, and its answer: with the call's network policy, the account's credential and
/// <c>timeouts.total</c>. It holds the provider's lease until it is disposed. Not thread-safe.
/// </summary>
internal sealed class StoredExchange : IDisposable
{
    private const int ErrorBodyLimit = 64 * 1024;

    private readonly ModelCall _call;
    private readonly HttpEndpoint _endpoint;
    private readonly EndpointCredential _credential;
    private readonly IEgressDialect _dialect;
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _either;
    private ProviderLease _lease;
    private HttpResponseMessage? _response;

    /// <param name="call">The call.</param>
    /// <param name="lease">The provider's lease, which it takes over.</param>
    /// <param name="endpoint">The provider's endpoint.</param>
    /// <param name="credential">The account.</param>
    /// <param name="dialect">The dialect of its headers and errors.</param>
    public StoredExchange(
        ModelCall call, ProviderLease lease, HttpEndpoint endpoint, EndpointCredential credential, IEgressDialect dialect)
    {
        (_call, _lease, _endpoint, _credential, _dialect) = (call, lease, endpoint, credential, dialect);
        Provider = lease.Name;
        var left = call.Snapshot.Clocks.Total - call.Elapsed;
        _clock = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, call.Time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, call.Ending);
    }

    public string Provider { get; }

    public string Account => _credential.Account;

    /// <summary>Cancelled when the call is ended early or its time is over.</summary>
    public CancellationToken Token => _either.Token;

    public int Status => (int)_response!.StatusCode;

    public string ContentType { get; private set; } = "";

    public long? ContentLength { get; private set; }

    /// <summary>The answer's body, decompressed.</summary>
    public Stream Body { get; private set; } = Stream.Null;

    /// <summary>The record of an owner of an object that its account stores, from now on.</summary>
    public StoredOwner OwnerOf(string kind, string id, string holder) =>
        new() { Id = id, Kind = kind, Provider = Provider, Account = Account, Holder = holder, At = _call.Time.GetUtcNow() };

    /// <summary>Sends a request and opens its answer, in the place of an earlier one.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the provider's base URL.</param>
    /// <param name="content">The body; null for none.</param>
    /// <param name="ofFile">Whether the answer is the content of a file, which may be of any type.</param>
    /// <exception cref="CallException">It may not be sent, or the provider refuses it.</exception>
    public async Task SendAsync(HttpMethod method, string path, HttpContent? content, bool ofFile = false)
    {
        var url = _endpoint.UrlFor(_dialect.Id, path);
        if (_call.Snapshot.Section(EgressGuard.Section)?.Decide(new(EgressActions.ProviderRequest, url)
            {
                Provider = Provider,
                Operation = _call.Envelope.Operation,
            }) is { IsBlocked: true } blocked)
            throw new CallException(new EgressBlockedException(blocked).ToError());
        Body.Dispose();
        _response?.Dispose();
        (Body, ContentType, ContentLength) = (Stream.Null, "", null);
        using var request = new HttpRequestMessage(method, url) { Content = content };
        WriteHeaders(request.Headers);
        if (_credential.Authorizer is { } authorizer)
            await RequestAuthorization.RunAsync(authorizer, request, Provider, Token).ConfigureAwait(false);
        try
        {
            _response = await _endpoint.Invoker.SendAsync(request, Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (content is null && Resending.IsDue(e, request))
        {
            _response = await Resending.SendAsync(_endpoint, request, Token).ConfigureAwait(false);
        }
        finally
        {
            // Disposing the request would dispose the client's body, which its creator owns.
            request.Content = null;
        }

        await OpenAsync(_response, ofFile).ConfigureAwait(false);
    }

    /// <summary>Reads the whole answer.</summary>
    /// <exception cref="CallException">It is longer than the limit.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadWholeAsync(int limit) =>
        await ReadBoundedAsync(limit).ConfigureAwait(false) ?? throw new CallException(Malformed(
            string.Create(CultureInfo.InvariantCulture, $"answered with more than {limit:N0} bytes of JSON")));

    /// <summary>The error of a malformed answer.</summary>
    public CallError Malformed(string what) =>
        new(CallErrorKind.UpstreamUnavailable, $"{Provider} {what}.") { Provider = Provider, UpstreamStatus = Status };

    /// <summary>The error of an exception while sending or reading.</summary>
    public CallError Explain(Exception exception, bool isOpenStream = false)
    {
        if (exception is CallException known)
            return UpstreamFailure.Finish(known.Error, _call, Provider);
        if (EgressBlockedException.FindIn(exception) is { } blocked)
            return blocked.ToError() with { Provider = Provider };
        if (_call.Aborted.IsCancellationRequested)
            return UpstreamFailure.NotNeeded(_call) with { Provider = Provider, Cause = exception };
        if (_call.EndedWith is { } ended)
            return ended with { Provider = Provider, Cause = exception };
        if (_clock.IsCancellationRequested)
        {
            var seconds = _call.Snapshot.Clocks.Total.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return new(CallErrorKind.UpstreamTimeout, $"{Provider} request timeout: not done within {seconds} s (timeouts.total).")
            {
                Provider = Provider,
                Cause = exception,
            };
        }

        return _call.Snapshot.Secrets.Redact(UpstreamFailure.OfTransport(exception, Provider, isOpenStream));
    }

    public void Dispose()
    {
        Body.Dispose();
        _response?.Dispose();
        _either.Dispose();
        _clock.Dispose();
        _lease.Dispose();
        _lease = default;
    }

    private async Task OpenAsync(HttpResponseMessage response, bool ofFile)
    {
        var headers = response.Content.Headers.NonValidated;
        if (headers.TryGetValues("Content-Type", out var type))
            ContentType = _call.Snapshot.Secrets.Redact(type.ToString());
        Body = await response.Content.ReadAsStreamAsync(Token).ConfigureAwait(false);
        if (headers.TryGetValues("Content-Encoding", out var encoding))
            Body = ContentDecoding.Decode(Body, encoding.ToString());
        else
            ContentLength = response.Content.Headers.ContentLength;
        if (Status is >= 200 and < 300)
        {
            if (!ContentTypes.IsHtml(ContentType))
                return;
            if (!ofFile)
                throw new CallException(Malformed("answered with a web page instead of its API's format"));
            // A browser must not treat an uploaded file as a page of this gateway.
            ContentType = string.Concat("text/plain", ContentType.AsSpan("text/html".Length));
            return;
        }

        if (Status < 400)
            throw new CallException(Malformed($"answered with status {Status}, which its API does not use"));
        var body = await BoundedRead.ReadErrorAsync(buffer => Body.ReadAsync(buffer, Token), ContentLength, ErrorBodyLimit, Token)
            .ConfigureAwait(false);
        var error = _dialect.DecodeError(Status, body.Span, new EgressTarget(Provider, "", _endpoint.Quirks));
        throw new CallException(error with
        {
            RetryAfter = RetryAfterHeaders.Read(response.Headers, _call.Time.GetUtcNow()) ?? error.RetryAfter,
            Provider = Provider,
            UpstreamStatus = Status,
        });
    }

    private ValueTask<ReadOnlyMemory<byte>?> ReadBoundedAsync(int limit) =>
        BoundedRead.ReadAsync(buffer => Body.ReadAsync(buffer, Token), ContentLength, limit);

    private void WriteHeaders(HttpRequestHeaders headers)
    {
        foreach (var (name, value) in _credential.Headers)
            headers.TryAddWithoutValidation(name, value);
        // A header that this provider does not take is left out: there is no attempt that could report it.
        foreach (var (name, value) in _dialect.GetHeaders(
            _call.Envelope, new EgressTarget(Provider, "", _endpoint.Quirks), new LossReport()))
            headers.TryAddWithoutValidation(name, value);
        UpstreamRequest.WriteDefaults(headers, _dialect, _call.Envelope);
        headers.TryAddWithoutValidation("Accept", "*/*");
        headers.TryAddWithoutValidation(Hop.Header, Hop.Append(_call.Hops, _call.Snapshot.HopId));
        UpstreamRequest.WriteTrace(headers, _call);
    }
}

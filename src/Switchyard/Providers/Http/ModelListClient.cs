using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Network;

namespace Switchyard.Providers.Http;

/// <summary>Requests a provider's list of models.</summary>
internal static class ModelListClient
{
    /// <summary>The timeout of the request, connecting included.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>The largest answer read. The longest list measured (OpenRouter's, with prices) is below 1 MB.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <exception cref="ProviderException">The request failed, or the answer is not a list; the message states which.</exception>
    public static async ValueTask<List<ProviderModel>> FetchAsync(
        string provider, HttpEndpoint endpoint, string path, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            using var response = await OpenAsync(provider, endpoint, path, either.Token).ConfigureAwait(false);
            var body = await ReadBoundedAsync(response.Content, either.Token).ConfigureAwait(false);
            return ModelListReader.Read(new ReadOnlySequence<byte>(body), provider);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderException($"Provider '{provider}' did not list its models within {Timeout.TotalSeconds:0} s.", error);
        }
        catch (IOException error)
        {
            throw new ProviderException($"Provider '{provider}' broke off its list of models.", error);
        }
        catch (JsonException error)
        {
            throw new ProviderException($"Provider '{provider}' did not answer with a list of models.", error);
        }
    }

    /// <summary>Requests the list, and returns if the status is a success. The list itself is not read: some are long.</summary>
    /// <exception cref="ProviderException">The request failed; the message gives the reason: <c>HTTP 401</c>.</exception>
    public static async ValueTask CheckAsync(string provider, HttpEndpoint endpoint, string path, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(provider, endpoint, path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Requests the base URL, without a credential, and returns if the host answers.</summary>
    /// <exception cref="ProviderException">It could not be reached, or is failing: <c>HTTP 503</c>.</exception>
    public static async ValueTask TouchAsync(string provider, HttpEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint.BaseUrl);
        using var response = await SendAsync(provider, endpoint, request, cancellationToken).ConfigureAwait(false);
        if ((int)response.StatusCode >= 500)
            throw Refused(response);
    }

    private static async ValueTask<HttpResponseMessage> OpenAsync(
        string provider, HttpEndpoint endpoint, string path, CancellationToken cancellationToken)
    {
        using var request = CreateListRequest(endpoint, path);
        try
        {
            if (endpoint.Credentials[0].Authorizer is { } authorizer)
                await RequestAuthorization.RunAsync(authorizer, request, provider, cancellationToken).ConfigureAwait(false);
        }
        catch (CallException error)
        {
            throw new ProviderException(error.Message, error);
        }

        var response = await SendAsync(provider, endpoint, request, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw Refused(response);
    }

    private static async ValueTask<HttpResponseMessage> SendAsync(
        string provider, HttpEndpoint endpoint, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (endpoint.Egress?.Decide(
            new(EgressActions.ProviderProbe, request.RequestUri) { Provider = provider }) is { IsBlocked: true } never)
            throw Refused(new EgressBlockedException(never));
        try
        {
            return await endpoint.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (CallException error)
        {
            throw new ProviderException(error.Message, error);
        }
        catch (HttpRequestException error) when (EgressBlockedException.FindIn(error) is { } blocked)
        {
            throw Refused(blocked);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler reports its connect timeout as a cancellation, although no token was cancelled.
            throw new ProviderException(
                $"Provider '{provider}' could not be reached: no connection within the connect timeout (timeouts.connect).", error);
        }
        catch (HttpRequestException error)
        {
            // The handler's own message contains host and port, an internal address that clients must not see.
            var reason = HandshakeFailure.ReasonOf(error);
            throw new ProviderException($"Provider '{provider}' could not be reached: {error.HttpRequestError}{reason}.", error);
        }
    }

    private static ProviderException Refused(EgressBlockedException blocked) =>
        new(blocked.Message, blocked) { Status = blocked.ToError().Status };

    private static ProviderException Refused(HttpResponseMessage response) =>
        new($"HTTP {(int)response.StatusCode}") { Status = (int)response.StatusCode };

    private static HttpRequestMessage CreateListRequest(HttpEndpoint endpoint, string path)
    {
        var uri = Uri.TryCreate(path, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https"
            ? new Uri(path)
            : endpoint.OwnUrlFor(path);
        // Over HTTP/1.1, as calls are sent: a check over HTTP/2 would find a server healthy that no call reaches.
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        foreach (var (name, value) in endpoint.Credentials[0].Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        // Some vendors refuse a request without a User-Agent.
        if (!request.Headers.Contains("User-Agent"))
            request.Headers.TryAddWithoutValidation("User-Agent", "switchyard");
        return request;
    }

    private static async ValueTask<byte[]> ReadBoundedAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var disposal = stream.ConfigureAwait(false);
        using var body = new MemoryStream();
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > MaxBytes)
                    throw new ProviderException($"The list of models is larger than {MaxBytes / (1024 * 1024)} MB.");
                body.Write(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return body.ToArray();
    }
}

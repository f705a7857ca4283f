using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>Sends requests to a store and reads what it answers. Thread-safe.</summary>
/// <param name="store">The store's name, for messages.</param>
/// <param name="address">The store's address; a loopback address, such as an agent beside the gateway, is reached without a proxy.</param>
/// <param name="context">The handler factory, the proxy and the connect timeout.</param>
internal sealed class StoreHttp(string store, Uri address, ProviderContext context) : IDisposable
{
    // 256 KB. A secret is at most 64 KB in every store, so a larger answer is not a secret.
    private const int LargestAnswer = 256 * 1024;

    private readonly HttpMessageInvoker _invoker = new(context.HandlerFactory?.Invoke() ?? new SocketsHttpHandler
    {
        // A redirect would carry the credential to an address that is not configured.
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = context.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        UseProxy = !address.IsLoopback,
        Proxy = context.Proxy,
    });

    /// <summary>Creates a request with a JSON body, or without a body if it is null.</summary>
    public static HttpRequestMessage Request(HttpMethod method, string address, JsonObject? body = null, string type = "application/json")
    {
        var request = new HttpRequestMessage(method, address);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return request;
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="SecretStoreException">The store cannot be reached, or its answer is not JSON or is too large.</exception>
    public async ValueTask<StoreReply> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var body = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
            return new StoreReply(response.StatusCode, body);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            var kind = failure is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var error }
                ? error.ToString() : failure.GetType().Name;
            throw new SecretStoreException($"{store} at {request.RequestUri!.Host} could not be reached: {kind}.", failure);
        }
        catch (JsonException failure)
        {
            throw new SecretStoreException($"{store} at {request.RequestUri!.Host} answered something that is not JSON.", failure);
        }
    }

    /// <summary>The exception for an answer without a success status.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="key">The name of the secret that was requested.</param>
    /// <param name="reason">The store's own error code, one word; null if the answer has none.</param>
    public SecretStoreException Refused(StoreReply reply, string key, string? reason)
    {
        var hint = reply.Status switch
        {
            HttpStatusCode.Unauthorized => ": its credentials are not valid or have expired",
            HttpStatusCode.Forbidden => ": its credentials do not allow this",
            _ => "",
        };
        return new SecretStoreException($"{store} answered {(int)reply.Status}{(reason is null ? "" : $" {reason}")} for '{key}'{hint}.");
    }

    public void Dispose() => _invoker.Dispose();

    private async ValueTask<JsonNode?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var chunk = new byte[8 * 1024];
        while (await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > LargestAnswer)
                throw new SecretStoreException($"{store} answered more than 256 KB, the limit for a secret.");
        }

        return buffer.Length == 0 ? null : JsonNode.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}

/// <summary>What a store answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">Its JSON; null when it is empty.</param>
internal readonly record struct StoreReply(HttpStatusCode Status, JsonNode? Body)
{
    /// <summary>Whether the status is 2xx.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The string at a path in the JSON; null if the path has no string.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        var node = Body;
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return (node as JsonValue)?.TryGetValue<string>(out var text) == true ? text : null;
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>Sends requests to a store and reads what it answers. Thread-safe.</summary>
/// <param name="store">The store's name, for messages.</param>
/// <param name="address">Where it is; one on this machine, such as an agent beside the gateway, is reached without a proxy.</param>
/// <param name="context">The network and the timeouts of connecting.</param>
internal sealed class StoreHttp(string store, Uri address, ProviderContext context) : IDisposable
{
    // A secret is at most 64 KB at every store; answers of this size are not one.
    private const int LargestAnswer = 256 * 1024;

    private readonly HttpMessageInvoker _invoker = new(context.HandlerFactory?.Invoke() ?? new SocketsHttpHandler
    {
        // A redirect would carry the credential to an address nobody configured.
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = context.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        UseProxy = !address.IsLoopback,
        Proxy = context.Proxy,
    });

    /// <summary>A request with a JSON body; null for none.</summary>
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
    /// <exception cref="SecretStoreException">The store cannot be reached, or its answer is none of its kind.</exception>
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

    /// <summary>The failure of an answer that is no success.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="key">What was asked for.</param>
    /// <param name="reason">The store's own code, a word; null where it gave none.</param>
    public SecretStoreException Refused(StoreReply reply, string key, string? reason)
    {
        var hint = reply.Status switch
        {
            HttpStatusCode.Unauthorized => ": its credentials are not valid (any more)",
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
                throw new SecretStoreException($"{store} answered more than 256 KB, which no secret is.");
        }

        return buffer.Length == 0 ? null : JsonNode.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}

/// <summary>What a store answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">Its JSON; null when it is empty.</param>
internal readonly record struct StoreReply(HttpStatusCode Status, JsonNode? Body)
{
    /// <summary>Whether it did what it was asked.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>A text inside its JSON; null where there is none.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        var node = Body;
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return (node as JsonValue)?.TryGetValue<string>(out var text) == true ? text : null;
    }
}

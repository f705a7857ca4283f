using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Serving;

/// <summary>Asks a running gateway whether it can serve calls: <c>GET /health</c>, which needs no key.</summary>
internal static class GatewayPing
{
    private const string Foreign = "answered, but not like a Switchyard gateway";

    /// <summary>The longest answer read, 1 MiB: a gateway lists its providers, another server may send anything.</summary>
    private const int LongestAnswer = 1024 * 1024;

    // A name that occurs twice would be an error only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>Asks once.</summary>
    /// <returns>Why it cannot serve calls or does not answer; null if it can serve.</returns>
    public static async Task<string?> AskAsync(
        Uri gateway, TimeSpan patience, CancellationToken cancellationToken, string? authorities = null)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        GatewayHandler.Trust(handler, authorities);
        // The certificate is for the public name, which a loopback address cannot match. Nothing secret is sent.
        if (gateway.IsLoopback && authorities is null)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null;
        using var http = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{gateway.AbsoluteUri.TrimEnd('/')}/health");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(patience);
        try
        {
            using var answer = await http.SendAsync(request, ending.Token);
            if (!answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                return $"answered {(int)answer.StatusCode}";
            if (answer.Content.Headers.ContentLength > LongestAnswer)
                return Foreign;
            await answer.Content.LoadIntoBufferAsync(LongestAnswer, ending.Token);
            var said = JsonNode.Parse(await answer.Content.ReadAsStringAsync(ending.Token), documentOptions: s_strict) as JsonObject;
            if (!IsGateway(said))
                return answer.IsSuccessStatusCode ? Foreign : $"answered {(int)answer.StatusCode}";
            return answer.IsSuccessStatusCode ? null : TextOf(said!, "reason") ?? $"answered {(int)answer.StatusCode}";
        }
        catch (JsonException)
        {
            return Foreign;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {patience.TotalSeconds:0.###} s";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return $"cannot be reached: {(e.InnerException is AuthenticationException handshake ? handshake.Message : e.Message)}";
        }
    }

    /// <summary>Whether the answer is a gateway's. Version 0.1 does not name itself; it answers with a status and its version.</summary>
    private static bool IsGateway(JsonObject? said) => said is not null && TextOf(said, "status") is not null
        && (TextOf(said, "service") is { } service
            ? service == "switchyard"
            : TextOf(said, "version")?.StartsWith("0.1.", StringComparison.Ordinal) is true);

    private static string? TextOf(JsonObject said, string name) =>
        said[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

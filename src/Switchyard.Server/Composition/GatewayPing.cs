using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>Asks a running gateway whether it can serve calls: <c>GET /health</c>, which needs no key.</summary>
internal static class GatewayPing
{
    /// <summary>Asks once.</summary>
    /// <returns>Why it cannot serve calls or does not answer; null if it can serve.</returns>
    public static async Task<string?> AskAsync(Uri gateway, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        // The certificate is for the public name, which a loopback address cannot match. Nothing secret is sent.
        if (gateway.IsLoopback)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null;
        using var http = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{gateway.AbsoluteUri.TrimEnd('/')}/health");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(patience);
        try
        {
            using var answer = await http.SendAsync(request, ending.Token);
            if (answer.IsSuccessStatusCode)
                return null;
            var text = await answer.Content.ReadAsStringAsync(ending.Token);
            var reason = answer.StatusCode == HttpStatusCode.ServiceUnavailable ? (JsonNode.Parse(text) as JsonObject)?["reason"] : null;
            return reason?.ToString() ?? $"answered {(int)answer.StatusCode}";
        }
        catch (JsonException)
        {
            return "answered, but not like a Switchyard gateway";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {patience.TotalSeconds:0.###} s";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return $"cannot be reached: {e.Message}";
        }
    }
}

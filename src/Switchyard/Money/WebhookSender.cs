using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Canonical;
using Switchyard.Network;

namespace Switchyard.Money;

/// <summary>
/// Sends alerts to webhooks: a POST of JSON, signed where a secret is configured, retried for about an hour until it is answered with 2xx.
/// The receiver recognises a repeated delivery by its <c>id</c>. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs failed deliveries.</param>
/// <param name="handler">The HTTP handler; null creates one that follows no redirects.</param>
/// <param name="proxy">The proxy for webhooks that are not on this machine; null uses the environment's proxy.</param>
internal sealed partial class WebhookSender(
    TimeProvider time, ILogger<WebhookSender>? logger = null, HttpMessageHandler? handler = null, IWebProxy? proxy = null) : IDisposable
{
    /// <summary>The header of the signature: <c>t=SECONDS,v1=HEX</c>, the HMAC-SHA256 of <c>SECONDS.BODY</c>.</summary>
    public const string SignatureHeader = "x-switchyard-signature";

    // 1 s, 2 s, 4 s … 10 min: twelve tries are about an hour.
    private const int Tries = 12;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger ?? NullLogger<WebhookSender>.Instance;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<HttpMessageInvoker> _http = new(() => new HttpMessageInvoker(
        handler ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            Proxy = new UsualProxy(proxy),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }));

    /// <summary>Delivers an alert, with retries. Does not throw.</summary>
    public async Task SendAsync(string address, string? secret, BudgetAlert alert)
    {
        var body = Write(alert);
        for (var tried = 1; tried <= Tries && !_stop.IsCancellationRequested; tried++)
        {
            if (await TryAsync(address, secret, body).ConfigureAwait(false))
                return;
            if (tried == Tries)
                break;
            var wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, tried - 1), s_longestWait.TotalSeconds));
            try
            {
                await Task.Delay(wait, time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        LogUndelivered(alert.Id);
    }

    /// <summary>Cancels running deliveries.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        if (_http.IsValueCreated)
            _http.Value.Dispose();
    }

    private async Task<bool> TryAsync(string address, string? secret, byte[] body)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(s_patience);
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (!string.IsNullOrEmpty(secret))
                request.Headers.Add(SignatureHeader, Sign(body, secret, time.GetUtcNow()));
            using var answer = await _http.Value.SendAsync(request, patience.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (
            e is HttpRequestException or OperationCanceledException or UriFormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The signature of a body at a time.</summary>
    internal static string Sign(byte[] body, string secret, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.ASCII.GetBytes($"{seconds}."), .. body]);
        return $"t={seconds},v1={Convert.ToHexStringLower(hash)}";
    }

    private static byte[] Write(BudgetAlert alert)
    {
        var output = new ArrayBufferWriter<byte>(512);
        var status = alert.Status;
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("id", alert.Id);
            json.WriteString("event", "budget.threshold");
            json.WriteString("time", alert.At);
            json.WriteNumber("threshold", alert.Threshold);
            json.WriteString("budget", status.Budget);
            json.WriteString("scope", status.Scope);
            json.WriteString("mode", status.IsStrict ? "strict" : "warn");
            json.WriteNumber("limit_usd", TokenCost.ToDollars(status.Limit));
            json.WriteNumber("spent_usd", TokenCost.ToDollars(status.Spent));
            json.WriteNumber("reserved_usd", TokenCost.ToDollars(status.Reserved));
            json.WriteString("period_start", status.Start);
            Write("period_end", status.End);
            // "100 % reached Thursday": at the rate of the period so far.
            Write("used_up_at", status.UsedUpAt);
            json.WriteEndObject();

            void Write(string name, DateTimeOffset? at)
            {
                if (at is { } known)
                    json.WriteString(name, known);
                else
                    json.WriteNull(name);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    [LoggerMessage(1, LogLevel.Error, "The alert {Id} could not be delivered to its webhook")]
    private partial void LogUndelivered(string id);
}

using System.Buffers;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Metrics;

/// <summary>
/// <c>GET /metrics</c>: the engine's metrics, in the text format of Prometheus. With <c>server.keys</c> it needs a key, unless
/// <c>server.open</c> names it. Thread-safe.
/// </summary>
internal sealed class MetricsEndpoint
{
    /// <summary>Its path.</summary>
    public const string Path = "/metrics";

    private readonly SwitchyardEngine _engine;
    private readonly Refusals _refusals;
    private readonly IIngressDialect _errors;

    public MetricsEndpoint(SwitchyardEngine engine, Refusals refusals, DialectSet dialects)
    {
        _engine = engine;
        _refusals = refusals;
        _errors = dialects.Ingress(DialectId.OpenAIChat);
        // A scrape may come at any time, and must then include all calls.
        engine.Metrics.Keep();
    }

    public async Task AnswerAsync(HttpContext http)
    {
        try
        {
            var snapshot = _engine.Snapshot;
            ClientKeys.CheckUnlessOpen(http, snapshot, Path);
            var families = _engine.Metrics.Read(snapshot)
                ?? throw new CallException(new CallError(
                    CallErrorKind.ModelNotFound, "Metrics are switched off (telemetry.metrics: false).") { Code = "metrics_off" });
            var text = new ArrayBufferWriter<byte>(16 * 1024);
            PrometheusText.Write(families, text);
            http.Response.ContentType = PrometheusText.ContentType;
            http.Response.Headers.CacheControl = "no-store";
            http.Response.ContentLength = text.WrittenCount;
            await http.Response.BodyWriter.WriteAsync(text.WrittenMemory, http.RequestAborted);
        }
        catch (CallException e)
        {
            await _refusals.WriteAsync(http, e.Error, _errors);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The scraper disconnected.
        }
    }
}

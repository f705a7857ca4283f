using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Switchyard.Network;

namespace Switchyard.Server.Composition;

/// <summary>
/// Sends spans and metrics to an OpenTelemetry collector, configured by the standard variables (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> etc.).
/// If none of them names a collector, OpenTelemetry is not loaded.
/// </summary>
internal sealed class OtlpExport : IHostedService, IDisposable
{
    private const string Source = "Switchyard";

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private OtlpExport(bool traces, bool metrics)
    {
#pragma warning disable RS0030 // No client: the class only has the property that all clients of the process look at.
        // The exporter creates its own client, with the certificates of its variables; a client from here would lack them.
        if (HttpClient.DefaultProxy is not UsualProxy)
            HttpClient.DefaultProxy = new UsualProxy();
#pragma warning restore RS0030
        _traces = traces
            ? Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(Source).AddOtlpExporter().Build()
            : null;
        _metrics = metrics
            ? Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(Source).AddOtlpExporter().Build()
            : null;
    }

    /// <summary>Adds the export if the environment configures one.</summary>
    public static void AddTo(IServiceCollection services, Func<string, string?> variable)
    {
        if (IsTrue(variable("OTEL_SDK_DISABLED")))
            return;
        var traces = IsAsked(variable, "TRACES");
        var metrics = IsAsked(variable, "METRICS");
        if (traces || metrics)
            services.AddHostedService(_ => new OtlpExport(traces, metrics));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what has not been sent yet. Called after the last call has ended.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private static bool IsAsked(Func<string, string?> variable, string signal) =>
        !string.Equals(variable($"OTEL_{signal}_EXPORTER"), "none", StringComparison.OrdinalIgnoreCase)
        && (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
            || variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 });

    private static bool IsTrue(string? value) => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the name: they are read last.
    private static void Describe(ResourceBuilder resource) => resource
        .AddService("switchyard", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3))
        .AddEnvironmentVariableDetector();
}

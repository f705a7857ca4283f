using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Metrics and traces.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Whether calls are counted, for <c>/metrics</c> and for listeners of the meter.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("metrics")]
    public bool Metrics { get; set; } = true;

    /// <summary>The version of OpenTelemetry's conventions for generative AI for the names of metrics. Read at start only.</summary>
    /// <value>The default is <c>1.41</c>.</value>
    [ConfigurationKeyName("semconv"), KnownValues("1.41", "next")]
    public string Semconv { get; set; } = "1.41";

    /// <summary>The sets of names that <c>/metrics</c> serves, in addition to its own; <c>provider</c> if empty.</summary>
    [ConfigurationKeyName("names"), KnownValues("provider", "compute")]
    public List<string> Names { get; set; } = [];

    /// <summary>
    /// The tenant label of calls that name none; null takes <c>METRICS_TENANT_LABEL</c>, else the tenant among
    /// <c>OTEL_RESOURCE_ATTRIBUTES</c>, else <c>unscoped</c>.
    /// </summary>
    [ConfigurationKeyName("tenant")]
    public string? Tenant { get; set; }
}

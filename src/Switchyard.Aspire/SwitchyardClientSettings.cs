using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Aspire;

/// <summary>How to reach a gateway, and which telemetry and health check to add.</summary>
public sealed class SwitchyardClientSettings
{
    /// <summary>The gateway's address, with or without the <c>/v1</c> of OpenAI's clients.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// The key of calls; null for the value of the variable <c>SWITCHYARD_API_KEY</c>, or for no key if that is not set either. Secret.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>The model of a request that names none: an alias, <c>provider/model</c>, or a bare name.</summary>
    public string? Model { get; set; }

    /// <summary>True to add no health check.</summary>
    /// <value>The default is false: a health check asks the gateway whether it can serve calls.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>How long the health check waits for an answer.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan HealthCheckTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>True to record no spans.</summary>
    /// <value>The default is false: the source <c>Switchyard</c> is added to OpenTelemetry's.</value>
    public bool DisableTracing { get; set; }

    /// <summary>True to record no metrics.</summary>
    /// <value>The default is false: the meter <c>Switchyard</c> is added to OpenTelemetry's.</value>
    public bool DisableMetrics { get; set; }

    /// <summary>The gateway's base address, without <c>/v1</c> and without a slash at its end.</summary>
    internal Uri? Root => Endpoint is { } endpoint ? new(Trim(endpoint.AbsoluteUri)) : null;

    /// <summary>Reads <c>Endpoint=…;Key=…;Model=…</c>, or an address alone. Settings that it does not name are unchanged.</summary>
    internal void ReadConnectionString(string connectionName, string text)
    {
        if (IsAddress(text, out var address))
        {
            Endpoint = address;
            return;
        }

        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            // The exception's message would repeat the text, including the key.
            throw Unreadable(connectionName);
        }

        if (parts.TryGetValue("Endpoint", out var endpoint))
            Endpoint = IsAddress($"{endpoint}", out address) ? address : throw Unreadable(connectionName);
        if (parts.TryGetValue("Key", out var key))
            Key = $"{key}";
        if (parts.TryGetValue("Model", out var model))
            Model = $"{model}";
    }

    private static bool IsAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https";

    private static string Trim(string address)
    {
        var root = address.TrimEnd('/');
        return root.EndsWith("/v1", StringComparison.OrdinalIgnoreCase) ? root[..^3] : root;
    }

    private static InvalidOperationException Unreadable(string connectionName) => new(
        $"The connection string '{connectionName}' must be the gateway's address, or Endpoint=http://HOST:PORT/v1;Key=KEY;Model=MODEL, "
        + "of which Key and Model may be left out.");
}

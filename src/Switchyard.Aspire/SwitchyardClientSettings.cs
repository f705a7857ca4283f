using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Aspire;

/// <summary>How a gateway is reached, and what is watched of that.</summary>
public sealed class SwitchyardClientSettings
{
    /// <summary>The gateway's address, with or without the <c>/v1</c> of OpenAI's clients.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// The key that calls are made with; null for that of the variable <c>SWITCHYARD_API_KEY</c>, or, where it is not set either, for a
    /// gateway that asks for none. Secret.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>The model of a request that names none: an alias, <c>provider/model</c>, or a bare name.</summary>
    public string? Model { get; set; }

    /// <summary>Whether no health check is added.</summary>
    /// <value>The default is false: the gateway is asked whether it can serve calls.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>How long the health check waits for an answer.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan HealthCheckTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether no spans are recorded.</summary>
    /// <value>The default is false: the source <c>Switchyard</c> is added to OpenTelemetry's.</value>
    public bool DisableTracing { get; set; }

    /// <summary>Whether nothing is measured.</summary>
    /// <value>The default is false: the meter <c>Switchyard</c> is added to OpenTelemetry's.</value>
    public bool DisableMetrics { get; set; }

    /// <summary>The address below which everything is, without <c>/v1</c> and without a slash at its end.</summary>
    internal Uri? Root => Endpoint is { } endpoint ? new(Trim(endpoint.AbsoluteUri)) : null;

    /// <summary>Reads <c>Endpoint=…;Key=…;Model=…</c>, or an address alone. What it does not name stays as it is.</summary>
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
            // Its own message would repeat the text, and with it the key.
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

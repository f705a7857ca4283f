using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Hosting;

/// <summary>The connection string and the connection properties of a gateway.</summary>
internal static class GatewayReference
{
    public const string EndpointName = "http";

    public static ReferenceExpression Uri(ISwitchyardResource gateway) =>
        ReferenceExpression.Create($"{gateway.PrimaryEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>With the address for OpenAI's clients, because Aspire's own OpenAI client reads the same keywords.</summary>
    /// <remarks>
    /// The key is known only when the application runs, so it is in quotation marks always: it may hold a semicolon, which would end it,
    /// an equals sign or spaces. <see cref="CheckKeyAsync"/> refuses one with a quotation mark.
    /// </remarks>
    public static ReferenceExpression String(ISwitchyardResource gateway) =>
        ReferenceExpression.Create($"Endpoint={OpenAIEndpoint(gateway)};Key=\"{gateway.ClientKey}\"");

    /// <summary>
    /// Refuses a key that a connection string cannot hold. When the gateway is published, its value is not known yet.
    /// </summary>
    /// <exception cref="DistributedApplicationException">The key has a quotation mark.</exception>
    public static async Task CheckKeyAsync(EnvironmentCallbackContext context, ISwitchyardResource gateway)
    {
        if (!context.ExecutionContext.IsRunMode
            || await gateway.ClientKey.GetValueAsync(context.CancellationToken).ConfigureAwait(false) is not { } key
            || !key.Contains('"', StringComparison.Ordinal))
        {
            return;
        }

        throw new DistributedApplicationException(
            $"The key of '{gateway.Name}' (parameter '{gateway.ClientKey.Name}') has a quotation mark, which ends it in the connection "
            + "string of applications. Choose a key without one.");
    }

    public static ReferenceExpression OpenAIEndpoint(ISwitchyardResource gateway) =>
        ReferenceExpression.Create($"{gateway.PrimaryEndpoint.Property(EndpointProperty.Url)}/v1");

    /// <summary>For applications that read no connection strings: <c>AI_URI</c>, <c>AI_KEY</c> and so on.</summary>
    public static IEnumerable<KeyValuePair<string, ReferenceExpression>> Properties(ISwitchyardResource gateway) =>
        [
            new("Host", ReferenceExpression.Create($"{gateway.PrimaryEndpoint.Property(EndpointProperty.Host)}")),
            new("Port", ReferenceExpression.Create($"{gateway.PrimaryEndpoint.Property(EndpointProperty.Port)}")),
            new("Uri", Uri(gateway)),
            new("Endpoint", OpenAIEndpoint(gateway)),
            new("Key", ReferenceExpression.Create($"{gateway.ClientKey}")),
        ];
}

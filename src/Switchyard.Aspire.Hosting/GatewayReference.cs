using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Hosting;

/// <summary>The connection string and the connection properties of a gateway.</summary>
internal static class GatewayReference
{
    public const string EndpointName = "http";

    public static ReferenceExpression Uri(ISwitchyardResource gateway) =>
        ReferenceExpression.Create($"{gateway.PrimaryEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>With the address for OpenAI's clients, because Aspire's own OpenAI client reads the same keywords.</summary>
    public static ReferenceExpression String(ISwitchyardResource gateway) =>
        ReferenceExpression.Create($"Endpoint={OpenAIEndpoint(gateway)};Key={gateway.ClientKey}");

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

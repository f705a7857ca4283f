using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A gateway in the application model, whether it runs in a container or as a process of this machine.</summary>
public interface ISwitchyardResource
    : IResourceWithConnectionString, IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    /// <summary>The key that applications send with their calls.</summary>
    ParameterResource ClientKey { get; }

    /// <summary>The key of the admin API and of the dashboard.</summary>
    ParameterResource AdminKey { get; }

    /// <summary>The HTTP endpoint of the gateway.</summary>
    EndpointReference PrimaryEndpoint { get; }

    /// <summary>The gateway's address, as clients of Anthropic and Gemini expect it; clients of OpenAI add <c>/v1</c>.</summary>
    ReferenceExpression UriExpression { get; }

    /// <summary>The settings made by the builder's methods.</summary>
    internal GatewaySettings Settings { get; }

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        GatewayReference.Properties(this);
}

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

    /// <summary>Where it answers.</summary>
    EndpointReference PrimaryEndpoint { get; }

    /// <summary>Its address, as clients of Anthropic and Gemini take it; those of OpenAI add <c>/v1</c>.</summary>
    ReferenceExpression UriExpression { get; }

    /// <summary>What the builder's methods have asked for.</summary>
    internal GatewaySettings Settings { get; }
}

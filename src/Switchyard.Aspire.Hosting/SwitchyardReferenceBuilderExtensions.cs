using Aspire.Hosting.ApplicationModel;
using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting;

/// <summary>Points applications at a gateway.</summary>
public static class SwitchyardReferenceBuilderExtensions
{
    /// <summary>
    /// Sets the variables from which the SDKs of OpenAI, Anthropic and Google read address and key, so that a program in any language
    /// uses the gateway without a code change.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="gateway">The gateway.</param>
    public static IResourceBuilder<T> WithSdkEnvironment<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<ISwitchyardResource> gateway)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(gateway);
        var resource = gateway.Resource;
        return builder
            .WithReferenceRelationship(resource)
            .WithEnvironment(context =>
            {
                var variables = context.EnvironmentVariables;
                variables["OPENAI_BASE_URL"] = GatewayReference.OpenAIEndpoint(resource);
                variables["ANTHROPIC_BASE_URL"] = resource.UriExpression;
                variables["GOOGLE_GEMINI_BASE_URL"] = resource.UriExpression;
                foreach (var name in (string[])["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"])
                    variables[name] = resource.ClientKey;
            });
    }
}

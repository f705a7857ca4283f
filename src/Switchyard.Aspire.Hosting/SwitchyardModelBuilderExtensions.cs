using Aspire.Hosting.ApplicationModel;
using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds providers and model aliases to a gateway.</summary>
public static class SwitchyardModelBuilderExtensions
{
    /// <summary>Enables a provider of the catalogue, such as <c>openai</c> or <c>mock</c>.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="key">Its key, a secret parameter; null for a provider that needs no key, or uses the machine's credentials.</param>
    /// <exception cref="ArgumentException">The parameter is not a secret.</exception>
    public static IResourceBuilder<T> WithProvider<T>(
        this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource>? key = null)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (key is null)
        {
            // As soon as one provider is configured, only configured ones are enabled; this setting alone configures it.
            return builder.WithEnvironment(SettingVariable.Of("providers", name, "enabled"), "true");
        }

        var secret = Secret.Of(key);
        return builder.WithEnvironment(context => context.EnvironmentVariables[SettingVariable.Of("providers", name, "key")] = secret);
    }

    /// <summary>Adds a server of your own as a provider: another resource of the application, which speaks OpenAI's format.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="endpoint">The endpoint of the server: <c>vllm.GetEndpoint("http")</c>.</param>
    /// <param name="path">The base path of its API.</param>
    /// <param name="key">Its key, a secret parameter; null for none.</param>
    /// <exception cref="ArgumentException">The parameter is not a secret.</exception>
    public static IResourceBuilder<T> WithProvider<T>(
        this IResourceBuilder<T> builder,
        string name,
        EndpointReference endpoint,
        string path = "/v1",
        IResourceBuilder<ParameterResource>? key = null)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return builder.WithProvider(name, key)
            .WithEnvironment(
                SettingVariable.Of("providers", name, "base_url"),
                ReferenceExpression.Create($"{endpoint.Property(EndpointProperty.Url)}{path}"))
            .WithReferenceRelationship(endpoint.Resource);
    }

    /// <summary>Adds a model alias: the name that applications ask for, and the models that answer it.</summary>
    /// <remarks>An application that references it with <c>WithReference</c> uses it unless a request names another model.</remarks>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The alias, which is the resource's name.</param>
    /// <param name="targets">The models, <c>provider/model</c> each; the routing strategy chooses among them.</param>
    public static IResourceBuilder<SwitchyardModelResource> AddModel<T>(
        this IResourceBuilder<T> builder, [ResourceName] string name, params string[] targets)
        where T : class, ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Length == 0)
            throw new ArgumentException($"The alias '{name}' needs a model that answers it: provider/model.", nameof(targets));
        builder.WithEnvironment(SettingVariable.Of("models", name, "targets"), string.Join(',', targets));
        return builder.ApplicationBuilder.AddResource(new SwitchyardModelResource(name, builder.Resource))
            .WithParentRelationship(builder.Resource)
            .WithInitialState(new CustomResourceSnapshot
            {
                ResourceType = "Switchyard model",
                State = KnownResourceStates.Waiting,
                Properties = [new(CustomResourceKnownProperties.Source, string.Join(", ", targets))],
            })
            .OnInitializeResource(StartAsync);
    }

    /// <summary>Adds the models that are tried if none of the alias's targets can answer.</summary>
    /// <param name="builder">The alias.</param>
    /// <param name="targets">The models, <c>provider/model</c> each, in their order.</param>
    public static IResourceBuilder<SwitchyardModelResource> WithFallback(
        this IResourceBuilder<SwitchyardModelResource> builder, params string[] targets)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(targets);
        var (name, gateway) = (builder.Resource.Name, builder.Resource.Parent);
        builder.ApplicationBuilder.CreateResourceBuilder(gateway)
            .WithEnvironment(SettingVariable.Of("models", name, "fallback"), string.Join(',', targets));
        return builder;
    }

    /// <summary>An alias is running as soon as its gateway's address is known; the gateway has its own health check.</summary>
    private static async Task StartAsync(
        SwitchyardModelResource model, InitializeResourceEvent started, CancellationToken cancellationToken)
    {
        await model.ConnectionStringExpression.GetValueAsync(cancellationToken);
        await started.Notifications.PublishUpdateAsync(model, state => state with { State = KnownResourceStates.Running });
        await started.Eventing.PublishAsync(new ConnectionStringAvailableEvent(model, started.Services), cancellationToken);
    }
}

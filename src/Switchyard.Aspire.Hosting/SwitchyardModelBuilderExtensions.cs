using Aspire.Hosting.ApplicationModel;
using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting;

/// <summary>Says whom a gateway may ask, and under which names.</summary>
public static class SwitchyardModelBuilderExtensions
{
    /// <summary>Enables a provider of the catalogue, such as <c>openai</c> or <c>mock</c>.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="key">Its key, a secret parameter; null for a provider that needs none, or finds the machine's credentials.</param>
    /// <exception cref="ArgumentException">The parameter is no secret.</exception>
    public static IResourceBuilder<T> WithProvider<T>(
        this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource>? key = null)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (key is null)
        {
            // As soon as one is named, those named are the whole list; with nothing else to say, this names it.
            return builder.WithEnvironment(SettingVariable.Of("providers", name, "enabled"), "true");
        }

        var secret = Secret.Of(key);
        return builder.WithEnvironment(context => context.EnvironmentVariables[SettingVariable.Of("providers", name, "key")] = secret);
    }

    /// <summary>Adds a server of your own as a provider: another resource of the application, which speaks OpenAI's format.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The provider's name.</param>
    /// <param name="endpoint">Where it answers: <c>vllm.GetEndpoint("http")</c>.</param>
    /// <param name="path">The path below which it does.</param>
    /// <param name="key">Its key, a secret parameter; null for none.</param>
    /// <exception cref="ArgumentException">The parameter is no secret.</exception>
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

    /// <summary>Adds a model alias: what applications ask for, and which models answer it.</summary>
    /// <remarks>An application that is given it with <c>WithReference</c> asks for it unless it names another model.</remarks>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The alias, which is the resource's name.</param>
    /// <param name="targets">The models, <c>provider/model</c> each; which of them answers is the strategy's to say.</param>
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

    /// <summary>Names the models that are asked where none of the alias's targets can answer.</summary>
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

    /// <summary>An alias is there as soon as its gateway's address is known; whether that answers is the gateway's own health.</summary>
    private static async Task StartAsync(
        SwitchyardModelResource model, InitializeResourceEvent started, CancellationToken cancellationToken)
    {
        await model.ConnectionStringExpression.GetValueAsync(cancellationToken);
        await started.Notifications.PublishUpdateAsync(model, state => state with { State = KnownResourceStates.Running });
        await started.Eventing.PublishAsync(new ConnectionStringAvailableEvent(model, started.Services), cancellationToken);
    }
}

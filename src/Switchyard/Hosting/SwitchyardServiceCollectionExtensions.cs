using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Engine;
using Switchyard.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the engine in a service collection.</summary>
public static class SwitchyardServiceCollectionExtensions
{
    /// <summary>
    /// Registers the engine, and with it an <see cref="IChatClient"/> and an embedding generator over it, also keyed: the key is a
    /// provider, an alias or a model, as in <c>[FromKeyedServices("openai")] IChatClient</c>. Without further configuration
    /// every catalogue provider whose usual key variable is set is enabled; with none, the mock answers.
    /// </summary>
    /// <remarks>
    /// May be called more than once: the settings are applied in the order of the calls. It follows the options pattern:
    /// <c>services.Configure&lt;SwitchyardOptions&gt;</c> and <c>IOptions&lt;SwitchyardOptions&gt;</c> work, and the options are validated
    /// when the engine starts.
    /// </remarks>
    /// <param name="services">The collection.</param>
    /// <param name="configure">Sets options in code.</param>
    /// <returns>A builder to add providers, middleware and sinks to.</returns>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, Action<SwitchyardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
            services.Configure(configure);
        EngineServices.Add(services);
        OverviewServices.Add(services);
        ClientServices.Add(services);
        return new SwitchyardBuilder(services);
    }

    /// <summary>
    /// Registers the engine with a section of the host's configuration, whose keys are those of <c>switchyard.yaml</c>. The engine applies
    /// changes of the section; if a change is invalid, the configuration in force stays and the reason is logged.
    /// </summary>
    /// <remarks>A section with errors fails the engine's start with an <see cref="OptionsValidationException"/> that names each.</remarks>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var builder = services.AddSwitchyard();
        var options = new SectionOptions(section);
        services.AddSingleton<IConfigureOptions<SwitchyardOptions>>(options);
        services.AddSingleton<IValidateOptions<SwitchyardOptions>>(options);
        services.AddSingleton<IOptionsChangeTokenSource<SwitchyardOptions>>(options);
        return builder;
    }

    /// <summary>Registers the engine with existing options, for example of <see cref="ConfigurationLoader"/>. They are copied.</summary>
    /// <exception cref="InvalidOperationException">
    /// The collection already has settings, which these options would replace; call this method first.
    /// </exception>
    public static SwitchyardBuilder AddSwitchyard(this IServiceCollection services, SwitchyardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(IConfigureOptions<SwitchyardOptions>)))
        {
            throw new InvalidOperationException(
                "AddSwitchyard with whole options would replace the settings added before. Call it first, or set single options in code.");
        }

        return services.AddSwitchyard(options.CopyTo);
    }

    /// <summary>
    /// Registers a keyed <see cref="IChatClient"/> for one model or alias: <c>[FromKeyedServices("fast")] IChatClient</c>.
    /// </summary>
    /// <param name="services">The collection, to which <c>AddSwitchyard</c> adds the engine.</param>
    /// <param name="model">The service key, and the client's default model: an alias, <c>provider/model</c> or a bare model name.</param>
    /// <returns>A builder to wrap the client, for example with function calling, telemetry or caching.</returns>
    public static ChatClientBuilder AddSwitchyardChatClient(this IServiceCollection services, string model)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        return services.AddKeyedChatClient(
            model, provider => new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), model));
    }
}

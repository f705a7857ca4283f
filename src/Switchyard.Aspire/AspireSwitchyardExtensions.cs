using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Switchyard.Aspire;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds clients of a gateway that the application references with <c>WithReference</c>.</summary>
public static class AspireSwitchyardExtensions
{
    private const string Section = "Aspire:Switchyard";

    /// <summary>The activity source and the meter of the library.</summary>
    private const string Telemetry = "Switchyard";

    /// <summary>
    /// Registers an <see cref="IChatClient"/> that sends its calls to a gateway, with spans and metrics in OpenTelemetry, logs in the
    /// host's logging, and a health check.
    /// </summary>
    /// <remarks>
    /// Settings come from the section <c>Aspire:Switchyard</c>, then <c>Aspire:Switchyard:{connectionName}</c>, then the connection string.
    /// </remarks>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">The name of the connection string: that of the gateway's resource, or of one of its models.</param>
    /// <param name="configureSettings">Changes the settings after they are read.</param>
    /// <returns>A builder to wrap the client, for example with function calling.</returns>
    public static ChatClientBuilder AddSwitchyardChatClient(
        this IHostApplicationBuilder builder, string connectionName, Action<SwitchyardClientSettings>? configureSettings = null)
    {
        var settings = Prepare(builder, connectionName, configureSettings);
        return builder.Services.AddChatClient(services => Connection(services, settings).ChatClient);
    }

    /// <summary>As <see cref="AddSwitchyardChatClient"/>, under the connection's name as its service key.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name of the connection string, and the service key.</param>
    /// <param name="configureSettings">Changes the settings after they are read.</param>
    /// <returns>A builder to wrap the client.</returns>
    public static ChatClientBuilder AddKeyedSwitchyardChatClient(
        this IHostApplicationBuilder builder, string name, Action<SwitchyardClientSettings>? configureSettings = null)
    {
        var settings = Prepare(builder, name, configureSettings);
        return builder.Services.AddKeyedChatClient(name, services => Connection(services, settings).ChatClient);
    }

    /// <summary>As <see cref="AddSwitchyardChatClient"/>, for embeddings.</summary>
    /// <inheritdoc cref="AddSwitchyardChatClient"/>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddSwitchyardEmbeddingGenerator(
        this IHostApplicationBuilder builder, string connectionName, Action<SwitchyardClientSettings>? configureSettings = null)
    {
        var settings = Prepare(builder, connectionName, configureSettings);
        return builder.Services.AddEmbeddingGenerator(services => Connection(services, settings).EmbeddingGenerator);
    }

    /// <summary>As <see cref="AddKeyedSwitchyardChatClient"/>, for embeddings.</summary>
    /// <inheritdoc cref="AddKeyedSwitchyardChatClient"/>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedSwitchyardEmbeddingGenerator(
        this IHostApplicationBuilder builder, string name, Action<SwitchyardClientSettings>? configureSettings = null)
    {
        var settings = Prepare(builder, name, configureSettings);
        return builder.Services.AddKeyedEmbeddingGenerator(name, services => Connection(services, settings).EmbeddingGenerator);
    }

    private static SwitchyardClientSettings Prepare(
        IHostApplicationBuilder builder, string connectionName, Action<SwitchyardClientSettings>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        var settings = new SwitchyardClientSettings();
        var section = builder.Configuration.GetSection(Section);
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { Length: > 0 } text)
            settings.ReadConnectionString(connectionName, text);
        configure?.Invoke(settings);

        // One engine for each added client; the container disposes it.
        builder.Services.AddKeyedSingleton(settings, (services, _) => new GatewayConnection(connectionName, settings, services));
        if (!settings.DisableTracing)
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(Telemetry));
        if (!settings.DisableMetrics)
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Telemetry));
        if (!settings.DisableHealthChecks)
            AddHealthCheck(builder, connectionName, settings);
        return settings;
    }

    /// <summary>Adds one health check for each connection, however many clients use it.</summary>
    private static void AddHealthCheck(IHostApplicationBuilder builder, string connectionName, SwitchyardClientSettings settings)
    {
        var name = $"Switchyard_{connectionName}";
        if (!builder.Properties.TryAdd(name, true))
            return;
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name,
            services => new GatewayHealthCheck(Connection(services, settings)),
            failureStatus: null,
            tags: null,
            settings.HealthCheckTimeout));
    }

    private static GatewayConnection Connection(IServiceProvider services, SwitchyardClientSettings settings) =>
        services.GetRequiredKeyedService<GatewayConnection>(settings);
}

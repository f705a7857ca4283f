using Aspire.Hosting.ApplicationModel;
using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds a gateway to an application, and sets how it is run.</summary>
public static class SwitchyardBuilderExtensions
{
    /// <summary>
    /// Adds a gateway in a container. Applications reference it with <c>WithReference</c>; its dashboard is at its address, and users sign
    /// in there with the admin key.
    /// </summary>
    /// <remarks>
    /// The image is <c>switchyard:latest</c>, built from a clone; <c>WithImage</c>, <c>WithImageTag</c> and <c>WithImageRegistry</c> select
    /// another, and <c>WithDockerfile</c> builds one.
    /// </remarks>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and that of its connection string.</param>
    /// <param name="clientKey">The key that applications send; null generates one and keeps it in the user secrets.</param>
    /// <param name="adminKey">The key of the admin API and of the dashboard, at least 16 characters; null generates one.</param>
    /// <param name="port">The port on this machine; null chooses a free one.</param>
    public static IResourceBuilder<SwitchyardResource> AddSwitchyard(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        IResourceBuilder<ParameterResource>? clientKey = null,
        IResourceBuilder<ParameterResource>? adminKey = null,
        int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var resource = new SwitchyardResource(
            name, KeyOf(builder, clientKey, $"{name}-key"), KeyOf(builder, adminKey, $"{name}-admin-key"));
        return builder.AddResource(resource)
            .WithImage(GatewayImage.Name, GatewayImage.Tag)
            .AsGateway(port, GatewayImage.Port);
    }

    /// <summary>
    /// Adds a gateway as a process on this machine: the .NET tool, a downloaded file, or your own program. It is published as the container
    /// of <see cref="AddSwitchyard"/>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and that of its connection string.</param>
    /// <param name="command">
    /// The command; the default is that of <c>dotnet tool install</c>. A path with a folder in it is relative to the app host's folder.
    /// </param>
    /// <param name="arguments">The arguments before the gateway's own: <c>["path/Switchyard.Server.dll"]</c> if the command is
    /// <c>dotnet</c>.</param>
    /// <param name="clientKey">As of <see cref="AddSwitchyard"/>.</param>
    /// <param name="adminKey">As of <see cref="AddSwitchyard"/>.</param>
    /// <param name="port">The port on this machine; null chooses a free one.</param>
    public static IResourceBuilder<SwitchyardExecutableResource> AddSwitchyardExecutable(
        this IDistributedApplicationBuilder builder,
        [ResourceName] string name,
        string command = "switchyard",
        IEnumerable<string>? arguments = null,
        IResourceBuilder<ParameterResource>? clientKey = null,
        IResourceBuilder<ParameterResource>? adminKey = null,
        int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        var path = Path.GetDirectoryName(command) is { Length: > 0 } ? Path.GetFullPath(command, builder.AppHostDirectory) : command;
        var resource = new SwitchyardExecutableResource(
            name,
            path,
            builder.AppHostDirectory,
            KeyOf(builder, clientKey, $"{name}-key"),
            KeyOf(builder, adminKey, $"{name}-admin-key"));
        if (!builder.ExecutionContext.IsPublishMode)
        {
            // Several gateways may run on one machine, so each gets a free port.
            return builder.AddResource(resource).WithCommandArguments(arguments).AsGateway(port, targetPort: null);
        }

        var published = new PublishedGateway(resource);
        builder.AddResource(published).WithImage(GatewayImage.Name, GatewayImage.Tag);
        return builder.CreateResourceBuilder(resource)
            .WithManifestPublishingCallback(context => context.WriteContainerAsync(published))
            .AsGateway(port, GatewayImage.Port);
    }

    /// <summary>Gives the gateway a configuration file. Settings from the builder override those in the file.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="path">The file, relative to the app host's folder. It is mounted into a container.</param>
    public static IResourceBuilder<T> WithConfigFile<T>(this IResourceBuilder<T> builder, string path)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = Path.GetFullPath(path, builder.ApplicationBuilder.AppHostDirectory);
        builder.Resource.Settings.ConfigFile = file;
        return builder.WithAnnotation(
            new ContainerMountAnnotation(file, GatewayImage.ConfigFile, ContainerMountType.BindMount, isReadOnly: true));
    }

    /// <summary>Sets any setting of the configuration.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="key">
    /// The key as in docs/configuration.md, <c>timeouts.first_token</c>; with colons if a name holds a dot,
    /// <c>providers:my.server:base_url</c>.
    /// </param>
    /// <param name="value">The value as in docs/configuration.md; a list is separated by commas.</param>
    public static IResourceBuilder<T> WithSetting<T>(this IResourceBuilder<T> builder, string key, string value)
        where T : ISwitchyardResource =>
        builder.WithEnvironment(SettingVariable.Of(key), value);

    /// <summary>Sets any setting of the configuration to a parameter, such as a secret.</summary>
    /// <inheritdoc cref="WithSetting{T}(IResourceBuilder{T}, string, string)"/>
    public static IResourceBuilder<T> WithSetting<T>(
        this IResourceBuilder<T> builder, string key, IResourceBuilder<ParameterResource> value)
        where T : ISwitchyardResource =>
        builder.WithEnvironment(SettingVariable.Of(key), value);

    /// <summary>Sets any setting of the configuration to a value that is known only at run time, such as an address.</summary>
    /// <inheritdoc cref="WithSetting{T}(IResourceBuilder{T}, string, string)"/>
    public static IResourceBuilder<T> WithSetting<T>(this IResourceBuilder<T> builder, string key, ReferenceExpression value)
        where T : ISwitchyardResource =>
        builder.WithEnvironment(SettingVariable.Of(key), value);

    private static IResourceBuilder<T> AsGateway<T>(this IResourceBuilder<T> builder, int? port, int? targetPort)
        where T : ISwitchyardResource
    {
        var (gateway, settings) = (builder.Resource, builder.Resource.Settings);
        return builder.WithHttpEndpoint(port, targetPort, GatewayReference.EndpointName)
            .WithArgs(context => settings.AddArguments(context, gateway))
            .WithEnvironment(context => GatewayReference.CheckKeyAsync(context, gateway))
            .WithEnvironment(context => settings.AddVariables(context, gateway))
            .WithHttpHealthCheck("/health/ready", endpointName: GatewayReference.EndpointName)
            .WithUrlForEndpoint(GatewayReference.EndpointName, url => url.DisplayText = "Dashboard")
            .WithOtlpExporter();
    }

    private static IResourceBuilder<SwitchyardExecutableResource> WithCommandArguments(
        this IResourceBuilder<SwitchyardExecutableResource> builder, IEnumerable<string>? arguments)
    {
        ((ISwitchyardResource)builder.Resource).Settings.CommandArguments = [.. arguments ?? []];
        return builder;
    }

    /// <summary>Generated without special characters: a semicolon would end the key in a connection string.</summary>
    private static ParameterResource KeyOf(
        IDistributedApplicationBuilder builder, IResourceBuilder<ParameterResource>? given, string name) =>
        given is null
            ? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, name, special: false)
            : Secret.Of(given);
}

using Aspire.Hosting.ApplicationModel;
using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting;

/// <summary>Sets where a gateway stores persistent data, and what several gateways share.</summary>
public static class SwitchyardStorageBuilderExtensions
{
    /// <summary>
    /// Stores the ledger, keys and changed settings in a PostgreSQL database, which several gateways may share: from
    /// <c>AddPostgres("postgres").AddDatabase("ledger")</c>, from Azure's resources, or a connection string of the form
    /// <c>postgres://user:password@host/database</c>.
    /// </summary>
    /// <remarks>
    /// Calls not yet copied there are in a journal, which outlives a container only with <see cref="WithDataVolume"/> or
    /// <see cref="WithDataBindMount"/>.
    /// </remarks>
    /// <param name="builder">The gateway.</param>
    /// <param name="database">The database. <c>WaitFor</c> makes the gateway wait for it.</param>
    /// <exception cref="ArgumentException">The resource is a server, not one of its databases.</exception>
    public static IResourceBuilder<T> WithLedger<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> database)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(database);
        var properties = PropertiesOf(database.Resource);
        if (properties.ContainsKey("Uri") && !properties.ContainsKey("DatabaseName"))
        {
            throw new ArgumentException(
                $"'{database.Resource.Name}' is a server, and the ledger needs its own database: AddDatabase(\"ledger\") adds one.",
                nameof(database));
        }

        builder.Resource.Settings.Ledger = AddressOf(database.Resource);
        return builder.WithReferenceRelationship(database.Resource);
    }

    /// <summary>
    /// Shares limits, the cache and other state that may be lost among gateways in Redis: from <c>AddRedis("redis")</c>, or a connection
    /// string of the form <c>redis://host:6379</c>.
    /// </summary>
    /// <remarks>The cache is shared only if <c>cache.shared</c> is set to <c>redis</c>.</remarks>
    /// <param name="builder">The gateway.</param>
    /// <param name="redis">The Redis. The gateway starts without it, and counts alone until it is available.</param>
    public static IResourceBuilder<T> WithRedis<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> redis)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(redis);
        builder.Resource.Settings.Redis = AddressOf(redis.Resource);
        return builder.WithReferenceRelationship(redis.Resource);
    }

    /// <summary>
    /// Keeps the gateway's data in a volume: without <see cref="WithLedger"/> the ledger, in a SQLite file; with it the journal.
    /// A gateway that does not run in a container keeps its data below the app host's <c>obj</c>.
    /// </summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The volume's name; null generates one from application and resource.</param>
    public static IResourceBuilder<T> WithDataVolume<T>(this IResourceBuilder<T> builder, string? name = null)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.Settings.KeepsData = true;
        return builder.WithAnnotation(new ContainerMountAnnotation(
            name ?? VolumeNameGenerator.Generate(builder, "data"), GatewayImage.DataFolder, ContainerMountType.Volume, isReadOnly: false));
    }

    /// <summary>As <see cref="WithDataVolume"/>, in a folder on this machine.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="folder">The folder, relative to the app host's. In a container the user 1654 writes to it.</param>
    public static IResourceBuilder<T> WithDataBindMount<T>(this IResourceBuilder<T> builder, string folder)
        where T : ISwitchyardResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var path = Path.GetFullPath(folder, builder.ApplicationBuilder.AppHostDirectory);
        builder.Resource.Settings.KeepsData = true;
        builder.Resource.Settings.DataFolder = path;
        return builder.WithAnnotation(
            new ContainerMountAnnotation(path, GatewayImage.DataFolder, ContainerMountType.BindMount, isReadOnly: false));
    }

    /// <summary>The gateway reads URIs, not .NET connection strings; most resources provide both.</summary>
    private static ReferenceExpression AddressOf(IResourceWithConnectionString resource) =>
        PropertiesOf(resource).TryGetValue("Uri", out var address) ? address : resource.ConnectionStringExpression;

    private static Dictionary<string, ReferenceExpression> PropertiesOf(IResourceWithConnectionString resource) =>
        resource.GetConnectionProperties().ToDictionary(property => property.Key, property => property.Value, StringComparer.Ordinal);
}

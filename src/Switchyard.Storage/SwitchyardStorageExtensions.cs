using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Switchyard.Auditing;
using Switchyard.Caching;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Hosting;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Storage.Audit;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Keys;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.Storage.Redis;
using Switchyard.Storage.Settings;
using Switchyard.Storage.Stored;
using Switchyard.Stored;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the stores of <c>storage</c>: SQLite, PostgreSQL and Redis.</summary>
public static class SwitchyardStorageExtensions
{
    // If a page takes longer, its reader has usually left.
    private static readonly TimeSpan s_readingPatience = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Lets the engine keep lasting data in the stores that <c>storage</c> names. Nothing is opened or connected if it names none. Calling
    /// it twice is harmless.
    /// </summary>
    public static SwitchyardBuilder AddSwitchyardStorage(this SwitchyardBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton(provider => new Settings(
            provider.GetRequiredService<IOptionsFactory<SwitchyardOptions>>().Create(Options.Options.DefaultName).Storage));
        services.TryAddSingleton(provider => new RedisLink(
            Storage(provider).Redis,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<RedisLink>>() ?? NullLogger<RedisLink>.Instance));
        // Null without Redis, as of the stores below, so that no call asks whether there is one.
        services.TryAddSingleton<ISharedCache>(provider =>
            UsesRedis(provider) ? new RedisCache(provider.GetRequiredService<RedisLink>()) : null!);
        services.TryAddSingleton<ISharedLimits>(provider =>
            UsesRedis(provider) ? new RedisLimits(provider.GetRequiredService<RedisLink>()) : null!);
        services.TryAddSingleton(provider => MigrationNews.To(
            Loggers(provider).CreateLogger("Switchyard.Ledger"), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ILedgerFactory>(provider => new LedgerFactory(
            provider.GetRequiredService<TimeProvider>(), Loggers(provider), News(provider)));
        // Null, so that no service is registered without a database.
        services.TryAddSingleton<IKeyStore>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlKeyStore(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton<IConfigurationStore>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlConfigurationStore(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton<IAuditStore>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlAuditStore(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton<IStoredOwners>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlStoredOwners(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton<IBackgroundStore>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlBackgroundAnswers(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton<IResponseStore>(provider =>
            Storage(provider).Ledger is { } ledger ? new SqlResponses(LedgerAddress.Parse(ledger), News(provider)) : null!);
        services.TryAddSingleton(provider => new ReadingConnections(
            Storage(provider).Ledger, s_readingPatience, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IUsageReader, UsageReader>();
        services.TryAddSingleton<ILedgerCorrections>(provider => new LedgerCorrections(
            Storage(provider).Ledger, provider.GetRequiredService<TimeProvider>()));
        return builder;
    }

    private static ILoggerFactory Loggers(IServiceProvider provider) =>
        provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    private static MigrationNews News(IServiceProvider provider) => provider.GetRequiredService<MigrationNews>();

    private static bool UsesRedis(IServiceProvider provider) => !string.IsNullOrWhiteSpace(Storage(provider).Redis);

    private static StorageOptions Storage(IServiceProvider provider) => provider.GetRequiredService<Settings>().Storage;

    /// <summary>The settings of the stores, made once: making them binds and checks the whole configuration.</summary>
    private sealed record Settings(StorageOptions Storage);
}

using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Ledger;

/// <summary>Opens the ledger that <c>storage.ledger</c> names.</summary>
internal sealed class LedgerFactory(TimeProvider time, ILoggerFactory loggers, MigrationNews news) : ILedgerFactory, IDisposable
{
    private LedgerRetention? _retention;
    private RollupGatherer? _gatherer;

    public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken) =>
        OpenAsync(options, static _ => false, cancellationToken);

    public async ValueTask<ILedger> OpenAsync(
        StorageOptions options, Func<string, bool> isOfConversation, CancellationToken cancellationToken)
    {
        var address = LedgerAddress.Parse(options.Ledger!);
        var isDurable = string.Equals(options.Durability, "strict", StringComparison.OrdinalIgnoreCase);
        var logger = loggers.CreateLogger("Switchyard.Ledger");
        ILedger ledger = address.File is { } file
            ? SqliteLedger.Open(file, isDurable, time, logger, isOfConversation: isOfConversation)
            : await PostgresLedger.OpenAsync(options.Journal, address.Postgres!, isDurable, time, logger, cancellationToken, news)
                .ConfigureAwait(false);
        if (options.Retention is { } kept && _retention is null)
        {
            _retention = new LedgerRetention(options.Ledger!, kept, time, logger);
            _retention.Start();
        }

        if (_gatherer is null)
        {
            _gatherer = new RollupGatherer(options.Ledger!, time, logger);
            _gatherer.Start();
        }

        return ledger;
    }

    /// <summary>Ends the background work that was started with the ledger.</summary>
    public void Dispose()
    {
        _retention?.Dispose();
        _gatherer?.Dispose();
    }
}

using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>Opens the ledger that <c>storage.ledger</c> names.</summary>
internal sealed class LedgerFactory(TimeProvider time, ILoggerFactory loggers) : ILedgerFactory
{
    public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        var address = LedgerAddress.Parse(options.Ledger!);
        var isDurable = string.Equals(options.Durability, "strict", StringComparison.OrdinalIgnoreCase);
        var logger = loggers.CreateLogger("Switchyard.Ledger");
        return address.File is { } file
            ? new(SqliteLedger.Open(file, isDurable, time, logger))
            : PostgresLedger.OpenAsync(options.Journal, address.Postgres!, isDurable, time, logger, cancellationToken);
    }
}

namespace Switchyard.Auditing;

/// <summary>The storage of the audit log. Thread-safe; it may throw the exceptions of its database.</summary>
public interface IAuditStore
{
    /// <summary>Appends entries atomically: no other writer adds one between reading the last entry and writing these.</summary>
    /// <param name="make">Makes the entries that follow the last one, which is null for the first.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    Task AppendAsync(Func<AuditEntry?, IReadOnlyList<AuditEntry>> make, CancellationToken cancellationToken);

    /// <summary>Entries with a higher number, the oldest first.</summary>
    Task<IReadOnlyList<AuditEntry>> ReadAfterAsync(long number, int limit, CancellationToken cancellationToken);

    /// <summary>Entries with a lower number, the newest first.</summary>
    Task<IReadOnlyList<AuditEntry>> ReadBeforeAsync(long number, int limit, CancellationToken cancellationToken);
}

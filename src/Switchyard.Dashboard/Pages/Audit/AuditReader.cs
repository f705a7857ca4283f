using Switchyard.Auditing;

namespace Switchyard.Dashboard.Pages.Audit;

/// <summary>Reads the audit log. Thread-safe.</summary>
internal sealed class AuditReader(AuditLog audit)
{
    /// <summary>The entries on a page.</summary>
    public const int PerPage = 50;

    /// <summary>Reads a page.</summary>
    /// <param name="before">Only entries with a lower number; the newest where it is null.</param>
    /// <exception cref="AuditException">Its store is away.</exception>
    public async Task<AuditPageReading> ReadAsync(long? before)
    {
        // One more than is shown tells whether there are older ones.
        var entries = await audit.ListAsync(before, PerPage + 1, CancellationToken.None);
        return new(before, [.. entries.Take(PerPage)], entries.Count > PerPage);
    }

    /// <summary>Whether it is whole.</summary>
    /// <exception cref="AuditException">Its store is away.</exception>
    public Task<AuditVerdict> VerifyAsync() => audit.VerifyAsync(CancellationToken.None);
}

/// <summary>A page of the audit log.</summary>
/// <param name="Before">Below which number its entries are; null for the newest.</param>
/// <param name="Entries">The entries, the newest first.</param>
/// <param name="HasMore">Whether there are older ones.</param>
internal sealed record AuditPageReading(long? Before, IReadOnlyList<AuditEntry> Entries, bool HasMore);

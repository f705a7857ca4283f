using Switchyard.Auditing;

namespace Switchyard.Dashboard.Pages.Audit;

/// <summary>Reads the audit log. Thread-safe.</summary>
internal sealed class AuditReader(AuditLog audit)
{
    /// <summary>The number of entries on a page.</summary>
    public const int PerPage = 50;

    /// <summary>Reads a page.</summary>
    /// <param name="before">Returns only entries with a lower number; null for the newest.</param>
    /// <exception cref="AuditException">The store of the audit log is unavailable.</exception>
    public async Task<AuditPageReading> ReadAsync(long? before)
    {
        // One more than is shown, to know whether there are older entries.
        var entries = await audit.ListAsync(before, PerPage + 1, CancellationToken.None);
        return new(before, [.. entries.Take(PerPage)], entries.Count > PerPage);
    }

    /// <summary>Verifies that every entry is unchanged and follows the one before.</summary>
    /// <exception cref="AuditException">The store of the audit log is unavailable.</exception>
    public Task<AuditVerdict> VerifyAsync() => audit.VerifyAsync(CancellationToken.None);
}

/// <summary>A page of the audit log.</summary>
/// <param name="Before">All entries have a lower number than this; null for the newest page.</param>
/// <param name="Entries">The entries, the newest first.</param>
/// <param name="HasMore">Whether there are older entries.</param>
internal sealed record AuditPageReading(long? Before, IReadOnlyList<AuditEntry> Entries, bool HasMore);

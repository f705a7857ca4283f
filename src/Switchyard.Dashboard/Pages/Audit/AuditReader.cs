using Switchyard.Auditing;

namespace Switchyard.Dashboard.Pages.Audit;

/// <summary>Reads the audit log. Thread-safe.</summary>
internal sealed class AuditReader(AuditLog audit)
{
    /// <summary>The entries on a page.</summary>
    public const int PerPage = 50;

    /// <exception cref="AuditException">Its store is away.</exception>
    public Task<IReadOnlyList<AuditEntry>> ReadAsync(long? before) => audit.ListAsync(before, PerPage, CancellationToken.None);

    /// <summary>Whether it is whole.</summary>
    /// <exception cref="AuditException">Its store is away.</exception>
    public Task<AuditVerdict> VerifyAsync() => audit.VerifyAsync(CancellationToken.None);
}

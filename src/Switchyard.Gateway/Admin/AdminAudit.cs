using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Auditing;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Writes changes made over the admin API to the audit log, refused attempts included. Attempts without a valid credential can come in any
/// number, so at most 20 a minute are written. Thread-safe.
/// </summary>
internal sealed partial class AdminAudit(AuditLog log, TimeProvider time, ILogger<AdminAudit> logger)
{
    private const int StrangersPerWindow = 20;
    private const int LongestTarget = 256;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _windowStart;
    private int _strangers;

    /// <summary>Writes an entry if the route changes something.</summary>
    /// <param name="call">The request, as it was answered or is about to be.</param>
    /// <param name="route">The route that was requested.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="code">The reason why it was refused or failed; null if it was done.</param>
    public async Task RecordAsync(AdminCall call, AdminRoute route, int status, string? code)
    {
        if (!route.Changes || (call.User.Role == AdminRole.Anyone && !MayRecordStranger()))
            return;
        var outcome = code is null ? "done" : $"{(status >= StatusCodes.Status500InternalServerError ? "failed" : "refused")}: {code}";
        await log.RecordAsync(new()
        {
            Who = call.User.Name,
            Kind = call.User.Kind,
            Role = AdminRoles.NameOf(call.User.Role),
            Operation = route.ToString(),
            Target = TargetOf(call, route),
            Changes = AuditMask.Of(call.Body.Span),
            Status = status,
            Outcome = outcome,
            RequestId = RequestIds.Of(call.Http),
        });
        LogChanged(route.ToString(), TargetOf(call, route), status, outcome, call.User, RequestIds.Of(call.Http));
    }

    private static string TargetOf(AdminCall call, AdminRoute route)
    {
        var parts = call.Http.Request.RouteValues.Keys.Order(StringComparer.Ordinal).Select(call.PartOrBlank);
        var target = HeaderText.Clean(string.Join(' ', parts) + QueryOf(call, route.Operation));
        return target.Length <= LongestTarget ? target : target[..LongestTarget];
    }

    /// <summary>
    /// The query of an administrator, with the parameters that the path declares. Any other parameter may hold a key, which some clients
    /// send there.
    /// </summary>
    private static string QueryOf(AdminCall call, AdminOperation operation)
    {
        if (call.User.Caller is not null || call.User.Role == AdminRole.Anyone)
            return "";
        return QueryString.Create(call.Http.Request.Query
            .Where(pair => operation.Query.Any(known => known.Name.Equals(pair.Key, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)))).ToString();
    }

    private bool MayRecordStranger()
    {
        lock (_gate)
        {
            if (_windowStart == 0 || time.GetElapsedTime(_windowStart) >= s_window)
                (_windowStart, _strangers) = (time.GetTimestamp(), 0);
            return ++_strangers <= StrangersPerWindow;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Admin {Operation} {Target}: {Status} {Outcome}, by {User} (request {RequestId})")]
    private partial void LogChanged(string operation, string target, int status, string outcome, AdminUser user, string requestId);
}

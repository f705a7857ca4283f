using System.Text;
using Microsoft.Extensions.Logging;
using Switchyard.Auditing;
using Switchyard.Calls;
using Switchyard.Gateway.Admin;
using Switchyard.Gateway.Admin.Features;
using Switchyard.Identity;
using Switchyard.Money;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// Every change from a page goes through here: the user needs the role that the admin API requires, at the time of the change and not when
/// the page was opened, and the audit log has the same entry as for a request to the admin API.
/// </summary>
internal sealed partial class Actions(Visitor visitor, AuditLog audit, ILogger<Actions> logger)
{
    /// <summary>Makes a change.</summary>
    /// <param name="role">The lowest role that may make it.</param>
    /// <param name="operation">The operation of the admin API: <c>DELETE /admin/cache</c>.</param>
    /// <param name="target">What is changed; empty if there is only one.</param>
    /// <param name="changes">The new values, as JSON; null without any. Secrets in it are masked.</param>
    /// <param name="change">Makes the change.</param>
    /// <returns>The reason for a refusal or a failure, for display; null if the change was made.</returns>
    public async Task<string?> DoAsync(AdminRole role, string operation, string target, string? changes, Func<Task> change)
    {
        var user = await visitor.GetAsync();
        if (user.Role < role)
        {
            await RecordAsync(403, "refused: role_missing");
            return $"This needs the role {AdminRoles.NameOf(role)}.";
        }

        try
        {
            await ConfigurationAdmin.GuardAsync(change);
            await RecordAsync(200, "done");
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var (status, outcome, message) = Explain(e, operation);
            await RecordAsync(status, outcome);
            return message;
        }

        Task RecordAsync(int status, string outcome) => audit.RecordAsync(new()
        {
            Who = user.Name,
            Kind = user.Kind,
            Role = AdminRoles.NameOf(user.Role),
            Operation = operation,
            Target = target,
            Changes = changes is null ? null : AuditMask.Of(Encoding.UTF8.GetBytes(changes)),
            Status = status,
            Outcome = outcome,
        });
    }

    /// <summary>The status and the outcome for the audit log, and the reason for display.</summary>
    private (int Status, string Outcome, string Message) Explain(Exception thrown, string operation)
    {
        switch (thrown)
        {
            case KeyChangeException refused:
                return Refused(AdminException.Of(refused));
            case AdminException problem:
                return Refused(problem);
            case CallException refused:
                return (400, $"refused: {refused.Error.WireCode}", refused.Message);
            case LedgerException away:
                var failure = UsageAdmin.ProblemOf(away);
                return (failure.Status, $"failed: {failure.Code}", failure.Message);
            default:
                LogFailed(thrown, operation);
                return (500, "failed: internal_error", "The change failed; the gateway's log says why.");
        }

        static (int Status, string Outcome, string Message) Refused(AdminException problem) =>
            (problem.Status, $"refused: {problem.Code}", problem.Message);
    }

    [LoggerMessage(1, LogLevel.Error, "{Operation}, requested in the dashboard, failed")]
    private partial void LogFailed(Exception cause, string operation);
}

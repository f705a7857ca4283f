using System.Text;
using Microsoft.Extensions.Logging;
using Switchyard.Auditing;
using Switchyard.Calls;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;
using Switchyard.Money;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// Every change that a page makes goes through here: whoever makes it needs the role that the admin API asks for, now and not when the page
/// was opened, and it stands in the audit log as if it had been asked there.
/// </summary>
internal sealed partial class Actions(Visitor visitor, AuditLog audit, ILogger<Actions> logger)
{
    /// <summary>Changes something.</summary>
    /// <param name="role">Who may.</param>
    /// <param name="operation">The admin API's name of it: <c>DELETE /admin/cache</c>.</param>
    /// <param name="target">What is changed; empty where there is only one.</param>
    /// <param name="changes">What is set, as JSON; null where nothing is said. Secrets in it are masked.</param>
    /// <param name="change">Changes it.</param>
    /// <returns>Why it was not done, for people; null where it was.</returns>
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
        catch (KeyChangeException refused)
        {
            var problem = AdminProblem.Of(refused);
            await RecordAsync(problem.Status, $"refused: {problem.Code}");
            return problem.Message;
        }
        catch (AdminProblem refused)
        {
            await RecordAsync(refused.Status, $"refused: {refused.Code}");
            return refused.Message;
        }
        catch (CallException refused)
        {
            await RecordAsync(400, $"refused: {refused.Error.Code}");
            return refused.Message;
        }
        catch (LedgerException away)
        {
            var problem = UsageAdmin.ProblemOf(away);
            await RecordAsync(problem.Status, $"failed: {problem.Code}");
            return problem.Message;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e, operation);
            await RecordAsync(500, "failed: internal_error");
            return "This has failed; the gateway's log says why.";
        }

        Task RecordAsync(int status, string outcome) => audit.RecordAsync(new(
            user.Name, user.Kind, AdminRoles.NameOf(user.Role), operation, target,
            changes is null ? null : AuditMask.Of(Encoding.UTF8.GetBytes(changes)), status, outcome, null));
    }

    [LoggerMessage(1, LogLevel.Error, "{Operation}, asked for in the dashboard, has failed")]
    private partial void LogFailed(Exception cause, string operation);
}

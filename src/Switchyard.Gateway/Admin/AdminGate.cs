using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Security;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Lets nobody to the admin API but who has its key, on the listener where it answers. Whatever goes wrong behind it is answered as problem
/// details. Thread-safe.
/// </summary>
internal sealed partial class AdminGate(SwitchyardEngine engine, ILogger<AdminGate> logger)
{
    /// <summary>Marks the connections of the admin API's own listener.</summary>
    public static readonly object ListenerMark = new();

    private const string Bearer = "Bearer ";

    public async Task AnswerAsync(HttpContext http, Func<AdminCall, Task> answer)
    {
        try
        {
            Check(http, engine.Snapshot.Section(AdminAccess.Section));
            http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
            http.Response.Headers.CacheControl = "no-store";
            await answer(new AdminCall(http));
            if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
                LogChanged(http.Request.Method, PathOf(http), http.Response.StatusCode, RequestIds.Of(http));
        }
        catch (AdminProblem problem) when (!http.Response.HasStarted)
        {
            await problem.WriteAsync(http);
        }
        catch (KeyChangeException refused)
        {
            await AdminProblem.Of(refused).WriteAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            LogFailed(e, PathOf(http), RequestIds.Of(http));
            var detail = "The gateway failed to handle the request; its log says why, under this request_id.";
            await new AdminProblem(StatusCodes.Status500InternalServerError, "internal_error", detail).WriteAsync(http);
        }
    }

    private void Check(HttpContext http, AdminAccess? access)
    {
        if (access is null)
        {
            throw new AdminProblem(
                StatusCodes.Status403Forbidden, "admin_disabled",
                "The admin API is off: no admin key is configured. Set admin.key, for example admin: { key: ${SWITCHYARD_ADMIN_KEY} }.");
        }

        if (access.HasOwnAddress && !IsOnOwnListener(http))
            throw AdminProblem.Unknown(http);
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            throw new AdminProblem(
                StatusCodes.Status401Unauthorized, "missing_admin_key", "Send the admin key: 'Authorization: Bearer YOUR_ADMIN_KEY'.");
        }

        if (access.Admits(header[Bearer.Length..]))
            return;
        var snapshot = engine.Snapshot;
        if (snapshot.Section(CallerTable.Section) is not null && ClientKeys.Admits(http, snapshot))
        {
            throw new AdminProblem(
                StatusCodes.Status403Forbidden, "not_admin", "This is a client's key. The admin API takes only the key of admin.key.");
        }

        throw new AdminProblem(StatusCodes.Status401Unauthorized, "invalid_admin_key", "This is not the admin key (admin.key).");
    }

    private static string PathOf(HttpContext http) => HeaderText.Clean(http.Request.Path.Value ?? "");

    private static bool IsOnOwnListener(HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(ListenerMark) is true;

    [LoggerMessage(1, LogLevel.Information, "Admin {Method} {Path}: {Status} (request {RequestId})")]
    private partial void LogChanged(string method, string path, int status, string requestId);

    [LoggerMessage(2, LogLevel.Error, "Admin {Path} failed (request {RequestId})")]
    private partial void LogFailed(Exception cause, string path, string requestId);
}

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Every admin request passes here: it lets in who may (<see cref="AdminAdmission"/>), and answers whatever goes wrong behind it as problem
/// details. Thread-safe.
/// </summary>
internal sealed partial class AdminGate(AdminAdmission admission, ILogger<AdminGate> logger) : IDisposable
{
    // Between looking at a version and changing what has it nobody else may change it.
    private readonly SemaphoreSlim _turns = new(1, 1);

    public async Task AnswerAsync(HttpContext http, AdminRoute route, Func<AdminCall, Task> answer)
    {
        var call = new AdminCall(http);
        try
        {
            call.User = await admission.IdentifyAsync(http, route.Operation);
            AdminAdmission.Check(call.User, route);
            http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
            http.Response.Headers.CacheControl = "no-store";
            await (route.Operation.IsVersioned ? InTurnAsync(call, answer) : answer(call));
            if (Changes(route))
                LogChanged(http.Request.Method, PathOf(http), http.Response.StatusCode, call.User, RequestIds.Of(http));
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

    public void Dispose() => _turns.Dispose();

    private async Task InTurnAsync(AdminCall call, Func<AdminCall, Task> answer)
    {
        await _turns.WaitAsync(call.Aborted);
        try
        {
            await answer(call);
        }
        finally
        {
            _turns.Release();
        }
    }

    private static bool Changes(AdminRoute route) => route.Method != HttpMethods.Get && !route.Operation.OnlyReads;

    private static string PathOf(HttpContext http) => HeaderText.Clean(http.Request.Path.Value ?? "");

    [LoggerMessage(1, LogLevel.Information, "Admin {Method} {Path}: {Status}, by {User} (request {RequestId})")]
    private partial void LogChanged(string method, string path, int status, AdminUser user, string requestId);

    [LoggerMessage(2, LogLevel.Error, "Admin {Path} failed (request {RequestId})")]
    private partial void LogFailed(Exception cause, string path, string requestId);
}

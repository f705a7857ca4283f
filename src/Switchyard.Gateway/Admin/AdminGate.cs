using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Handles every admin request: admits it (<see cref="AdminAdmission"/>), answers any failure behind it as problem details, and writes
/// changes to the audit log before they are answered. Thread-safe.
/// </summary>
internal sealed partial class AdminGate(AdminAdmission admission, AdminAudit audit, ILogger<AdminGate> logger) : IDisposable
{
    // One change at a time: nothing else may change a resource between the check of its version and the change.
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
            await (route.Operation.IsVersioned ? InTurnAsync(call, route.Operation, answer) : answer(call));
            await audit.RecordAsync(call, route, http.Response.StatusCode, code: null);
            await call.SendAsync();
        }
        catch (AdminException problem) when (!http.Response.HasStarted)
        {
            await RefuseAsync(call, route, problem);
        }
        catch (KeyChangeException refused) when (!http.Response.HasStarted)
        {
            await RefuseAsync(call, route, AdminException.Of(refused));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected. The change may have been made or not.
            await audit.RecordAsync(call, route, StatusCodes.Status499ClientClosedRequest, "client_left");
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            LogFailed(e, HeaderText.Clean(http.Request.Path.Value ?? ""), RequestIds.Of(http));
            var detail = "The gateway failed to handle the request; its log says why, under this request_id.";
            await RefuseAsync(call, route, new(StatusCodes.Status500InternalServerError, "internal_error", detail));
        }
    }

    public void Dispose() => _turns.Dispose();

    private async Task RefuseAsync(AdminCall call, AdminRoute route, AdminException problem)
    {
        await audit.RecordAsync(call, route, problem.Status, problem.Code);
        // A client that disconnected while it sent its body cannot be answered.
        if (problem.Status != StatusCodes.Status499ClientClosedRequest)
            await problem.WriteAsync(call.Http);
    }

    private async Task InTurnAsync(AdminCall call, AdminOperation operation, Func<AdminCall, Task> answer)
    {
        // Before the turn begins, so that a client that sends slowly delays no other change.
        if (operation.Body is not null)
            await call.ReceiveAsync();
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

    [LoggerMessage(2, LogLevel.Error, "Admin {Path} failed (request {RequestId})")]
    private partial void LogFailed(Exception cause, string path, string requestId);
}

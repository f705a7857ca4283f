using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Every admin request passes here: it lets in who may (<see cref="AdminAdmission"/>), answers whatever goes wrong behind it as problem
/// details, and has changes written into the audit log before they are answered. Thread-safe.
/// </summary>
internal sealed partial class AdminGate(AdminAdmission admission, AdminAudit audit, ILogger<AdminGate> logger) : IDisposable
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
            await (route.Operation.IsVersioned ? InTurnAsync(call, route.Operation, answer) : answer(call));
            await audit.RecordAsync(call, route, http.Response.StatusCode, code: null);
            await call.SendAsync();
        }
        catch (AdminProblem problem) when (!http.Response.HasStarted)
        {
            await RefuseAsync(call, route, problem);
        }
        catch (KeyChangeException refused) when (!http.Response.HasStarted)
        {
            await RefuseAsync(call, route, AdminProblem.Of(refused));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected. What it was changing may be done, or not.
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

    private async Task RefuseAsync(AdminCall call, AdminRoute route, AdminProblem problem)
    {
        await audit.RecordAsync(call, route, problem.Status, problem.Code);
        // A client that went away amid its body is not there to be answered.
        if (problem.Status != StatusCodes.Status499ClientClosedRequest)
            await problem.WriteAsync(call.Http);
    }

    private async Task InTurnAsync(AdminCall call, AdminOperation operation, Func<AdminCall, Task> answer)
    {
        // First, so that a client that is slow to send keeps nobody else waiting.
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

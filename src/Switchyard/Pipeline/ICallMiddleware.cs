using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>The rest of the pipeline. Returns when the answer is open, or failed; it does not throw for failures of a call.</summary>
public delegate ValueTask<CallResponse> CallHandler(ModelCall call);

/// <summary>
/// One ordered step around every call. It may answer itself, change the call before <c>next</c>, or act on the open answer after it.
/// A middleware is shared by all calls, so it is thread-safe and keeps a call's facts on the call.
/// </summary>
public interface ICallMiddleware
{
    /// <summary>Handles a call.</summary>
    ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next);
}

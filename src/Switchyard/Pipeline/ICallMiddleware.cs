using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// One ordered step around calls. It may answer itself, change the call before <c>next</c>, or act on the open answer after it.
/// A middleware is shared by all calls, so it is thread-safe and keeps a call's facts on the call (<see cref="ModelCall.Set"/>).
/// </summary>
public interface ICallMiddleware
{
    /// <summary>Handles a call.</summary>
    ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next);
}

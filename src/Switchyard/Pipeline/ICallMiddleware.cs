using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// One ordered step around calls. It may answer the call itself, change the call before <c>next</c>, or act on the open answer after it.
/// A middleware is shared by all calls, so it must be thread-safe; it stores values of a call on the call (<see cref="ModelCall.Set"/>).
/// </summary>
public interface ICallMiddleware
{
    /// <summary>
    /// Handles a call. An exception becomes a failed answer: a <see cref="CallException"/> with its error, any other exception as
    /// <see cref="CallErrorKind.Internal"/>.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="next">The rest of the pipeline.</param>
    ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next);
}

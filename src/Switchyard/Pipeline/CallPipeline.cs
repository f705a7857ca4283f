using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>Middleware folded into one delegate. Immutable and thread-safe.</summary>
public sealed class CallPipeline
{
    private readonly CallHandler _entry;

    /// <summary>Folds the steps around the last one; the first in the list is the outermost.</summary>
    public CallPipeline(IReadOnlyList<ICallMiddleware> middleware, CallHandler last)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        ArgumentNullException.ThrowIfNull(last);
        var entry = last;
        for (var i = middleware.Count - 1; i >= 0; i--)
        {
            var (step, next) = (middleware[i], entry);
            entry = call => step.InvokeAsync(call, next);
        }

        _entry = entry;
    }

    /// <summary>Runs a call. The caller disposes the answer, which ends the call.</summary>
    public ValueTask<CallResponse> RunAsync(ModelCall call) => _entry(call);
}

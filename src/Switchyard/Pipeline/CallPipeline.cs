using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>Folds steps into one delegate.</summary>
internal static class CallPipeline
{
    /// <summary>The steps around the last one; the first in the list is the outermost. No step, no hop.</summary>
    public static CallHandler Fold(IReadOnlyList<ICallMiddleware> steps, CallHandler last)
    {
        var entry = last;
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var (step, next) = (steps[i], entry);
            entry = call => step.InvokeAsync(call, next);
        }

        return entry;
    }
}

using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>Combines middleware into one delegate.</summary>
internal static class CallPipeline
{
    /// <summary>
    /// Wraps the steps around the last one, the first outermost; null is no step. Without steps it returns the last one itself.
    /// </summary>
    public static CallHandler Fold(IReadOnlyList<ICallMiddleware?> steps, CallHandler last)
    {
        var entry = last;
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            if (steps[i] is not { } step)
                continue;
            var next = entry;
            entry = call => step.InvokeAsync(call, next);
        }

        return entry;
    }
}

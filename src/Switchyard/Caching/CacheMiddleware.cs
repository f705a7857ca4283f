using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// The exact cache: a call that repeats an earlier call of the same caller gets its kept answer, and a call that repeats one which still
/// runs shares its answer. It is in the pipeline only if the configuration has a cache. Thread-safe.
/// </summary>
/// <param name="answers">The kept answers, and the calls that run.</param>
/// <param name="level">The second level; null without one.</param>
internal sealed class CacheMiddleware(SharedAnswers answers, SecondLevel? level) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var plan = call.Snapshot.Section(CachePlan.Section)!;
        var rule = plan.RuleOf(call.Route!.Alias);
        var control = call.Get(CallMarks.CacheControl);
        if (!rule.IsEnabled || control?.Mode == CacheMode.Off || RequestKey.Of(call, plan.ByTenant) is not { } keys)
            return next(call);
        var shared = plan.IsShared ? level : null;
        return answers.AnswerAsync(call, next, new AskedAnswer
        {
            Key = keys.Scoped,
            Content = keys.Content,
            Terms = new FlightTerms(control?.Ttl ?? rule.Ttl, plan.MaxEntryBytes, GoesOnAlone: false),
            Found = CacheOutcome.Hit,
            Joined = CacheOutcome.Shared,
            Reads = control?.Mode != CacheMode.Refresh,
            Writes = control?.Mode != CacheMode.ReadOnly,
            Elsewhere = shared is null || control?.Mode == CacheMode.Refresh ? null : () => shared.FindAsync(Caches.CacheKind, keys.Scoped),
            Kept = shared is null ? null : kept => shared.Keep(Caches.CacheKind, keys.Scoped, kept),
        });
    }
}

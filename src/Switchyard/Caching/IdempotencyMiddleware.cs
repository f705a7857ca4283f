using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// A request that its client repeats under the same <c>Idempotency-Key</c> gets the answer of the first one, from its first byte,
/// even while the first still runs. The first continues after its client has left, so that there is an answer. A call without a key
/// passes. It is in the pipeline unless <c>idempotency.enabled</c> is false. Thread-safe.
/// </summary>
/// <param name="answers">The kept answers, and the calls that run.</param>
/// <param name="level">The second level; null without one.</param>
internal sealed class IdempotencyMiddleware(SharedAnswers answers, SecondLevel? level) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        call.Get(CallMarks.IdempotencyKey) is { } key ? AnswerOnceAsync(call, key, next) : next(call);

    private ValueTask<CallResponse> AnswerOnceAsync(ModelCall call, string name, CallHandler next)
    {
        // An upload is not held, so a repetition cannot be recognised.
        if (RequestKey.Exactly(call) is not { } content)
            return next(call);
        var plan = call.Snapshot.Section(IdempotencyPlan.Section)!;
        var key = RequestKey.Named(call, name);
        var shared = plan.IsShared ? level : null;
        return answers.AnswerAsync(call, next, new AskedAnswer
        {
            Key = key,
            Content = content,
            Terms = plan.Terms,
            Found = CacheOutcome.Replay,
            Joined = CacheOutcome.Replay,
            MustMatch = true,
            Elsewhere = shared is null ? null : () => shared.FindAsync(Caches.OnceKind, key),
            Kept = shared is null ? null : kept => shared.Keep(Caches.OnceKind, key, kept),
        });
    }
}

using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Money;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// The caches of the engine: the state that outlives a reload, and the sections and steps of a configuration with a cache. Thread-safe.
/// </summary>
/// <param name="dialects">Encode answers for clients over HTTP.</param>
/// <param name="time">The clock.</param>
/// <param name="shared">The second level, shared by several gateways; null for none.</param>
internal sealed class Caches(DialectSet dialects, TimeProvider time, ISharedCache? shared = null)
{
    private readonly SecondLevel? _level = shared is null ? null : new(shared, time);

    /// <summary>The exact cache.</summary>
    public SharedAnswers Exact { get; } = new(dialects, time);

    /// <summary>The answers to requests with an idempotency key of their client.</summary>
    public SharedAnswers Once { get; } = new(dialects, time);

    /// <summary>Adds the sections of a configuration, and reduces the stores to its bounds.</summary>
    public CallSections AddTo(CallSections sections, SwitchyardOptions options)
    {
        var cache = options.Cache ?? new();
        Exact.Store.Bound(cache.MaxEntries, cache.MaxBytes);
        Once.Store.Bound(options.Idempotency.MaxEntries, options.Idempotency.MaxBytes);
        return sections.With(CachePlan.Section, CachePlan.From(options))
            .With(IdempotencyPlan.Section, IdempotencyPlan.From(options.Idempotency));
    }

    /// <summary>The steps of a configuration: idempotency before the cache, so that the answer under a key never changes.</summary>
    public IEnumerable<ICallMiddleware> Steps(CallSections sections)
    {
        if (sections.Has(IdempotencyPlan.Section))
            yield return new IdempotencyMiddleware(Once, _level);
        if (sections.Has(CachePlan.Section))
            yield return new CacheMiddleware(Exact, _level);
    }

    /// <summary>The step that reads an answer to its end after its client has left, if money is counted.</summary>
    public IEnumerable<ICallMiddleware> Drain(CallSections sections) =>
        sections.Has(MoneyPlan.Section) ? [new DrainMiddleware(Exact)] : [];

    /// <summary>Drops the answers to a request, for all callers.</summary>
    public bool Invalidate(in CallRequest request)
    {
        // Whole and streamed.
        return Invalidate(request.Envelope with { Stream = false }, request.Body)
            | Invalidate(request.Envelope with { Stream = true }, request.Body);
    }

    private bool Invalidate(CallEnvelope envelope, CallBody body)
    {
        if (RequestKey.ContentOf(envelope, body, body.Dialect) is not { } content)
            return false;
        var dropped = Exact.Invalidate(content);
        foreach (var key in dropped)
            _level?.Drop(CacheKind, key);
        return dropped.Count > 0;
    }

    /// <summary>Drops every answer of the exact cache, also on the second level, and resets the counters.</summary>
    public void Clear()
    {
        Exact.Clear();
        _level?.DropAll(CacheKind);
    }

    /// <summary>The prefix of the exact cache's keys on the second level.</summary>
    public const string CacheKind = "cache";

    /// <summary>The prefix of the idempotency keys on the second level.</summary>
    public const string OnceKind = "once";
}

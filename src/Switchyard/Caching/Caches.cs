using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Money;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// The caches as the engine has them: what outlives a reload, and the sections and steps of a configuration that has any. Thread-safe.
/// </summary>
/// <param name="dialects">Encode answers for clients over HTTP.</param>
/// <param name="time">The clock.</param>
/// <param name="shared">What several gateways share; null where nothing is.</param>
internal sealed class Caches(DialectSet dialects, TimeProvider time, ISharedCache? shared = null)
{
    private readonly SecondLevel? _level = shared is null ? null : new(shared, time);

    /// <summary>The exact cache.</summary>
    public SharedAnswers Exact { get; } = new(dialects, time);

    /// <summary>The answers to requests with a key of their client's.</summary>
    public SharedAnswers Once { get; } = new(dialects, time);

    /// <summary>Adds the sections of a configuration, and brings what is kept within its bounds.</summary>
    public CallSections AddTo(CallSections sections, SwitchyardOptions options)
    {
        var cache = options.Cache ?? new();
        Exact.Store.Bound(cache.MaxEntries, cache.MaxBytes);
        Once.Store.Bound(options.Idempotency.MaxEntries, options.Idempotency.MaxBytes);
        return sections.With(CachePlan.Section, CachePlan.From(options))
            .With(IdempotencyPlan.Section, IdempotencyPlan.From(options.Idempotency));
    }

    /// <summary>The steps of a configuration: the key of the client before the cache, so that what a key was answered stays so.</summary>
    public IEnumerable<ICallMiddleware> Steps(CallSections sections)
    {
        if (sections.Find(IdempotencyPlan.Section) is not null)
            yield return new IdempotencyMiddleware(Once, _level);
        if (sections.Find(CachePlan.Section) is not null)
            yield return new CacheMiddleware(Exact, _level);
    }

    /// <summary>The step that reads an answer to its end for nobody, where money is counted.</summary>
    public IEnumerable<ICallMiddleware> Drain(CallSections sections) =>
        sections.Find(MoneyPlan.Section) is null ? [] : [new DrainMiddleware(Exact)];

    /// <summary>Drops the answers to a request, whoever asked.</summary>
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

    /// <summary>Drops every answer of the exact cache, also those of the second level, and begins to count anew.</summary>
    public void Clear()
    {
        Exact.Clear();
        _level?.DropAll(CacheKind);
    }

    /// <summary>What the exact cache's keys on the second level begin with.</summary>
    public const string CacheKind = "cache";

    /// <summary>What those of idempotency begin with.</summary>
    public const string OnceKind = "once";
}

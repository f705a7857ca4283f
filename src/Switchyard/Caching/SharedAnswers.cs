using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// Gives equal requests the same answer: a kept one, or one that is still arriving. The exact cache and the answers to
/// repeated requests (<c>Idempotency-Key</c>) both use it. Thread-safe.
/// </summary>
/// <param name="dialects">Encode answers for clients over HTTP.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedAnswers(DialectSet dialects, TimeProvider time)
{
    /// <summary>How often a call joins another that then fails for its own reason, before it runs alone.</summary>
    private const int MostJoined = 3;

    private readonly FlightTable _flights = new();

    /// <summary>The kept answers.</summary>
    public AnswerStore Store { get; } = new(time);

    /// <summary>Drops all answers, and keeps none of the calls that run.</summary>
    public void Clear()
    {
        _flights.Forget(null);
        Store.Clear();
    }

    /// <summary>Drops every answer to a request, for all callers, and keeps none of the calls that request it now.</summary>
    /// <returns>The keys of the dropped answers.</returns>
    public IReadOnlyList<AnswerKey> Invalidate(AnswerKey content)
    {
        _flights.Forget(content);
        return Store.Invalidate(content);
    }

    /// <summary>Answers a call from the kept answers, from a running call, or by the rest of the pipeline.</summary>
    public ValueTask<CallResponse> AnswerAsync(ModelCall call, CallHandler next, AskedAnswer asked)
    {
        if (asked.Reads && Store.TryGet(asked.Key, out var kept) && Open(call, asked, kept) is { } open)
            return new(open);
        return asked.Writes ? FlyAsync(call, next, asked) : OnlyReadAsync(call, next, asked);
    }

    /// <summary>Runs a call and reads its answer to the end even after its client has left; no other client gets it.</summary>
    public ValueTask<CallResponse> AnswerAloneAsync(ModelCall call, CallHandler next, FlightTerms terms) =>
        new Flight(default, DialectOf(call), terms, time).LeadAsync(call, next, elsewhere: null, landed: static _ => { });

    private async ValueTask<CallResponse> OnlyReadAsync(ModelCall call, CallHandler next, AskedAnswer asked)
    {
        if (asked.Elsewhere is { } elsewhere && await elsewhere().ConfigureAwait(false) is { } found
            && Open(call, asked, found) is { } open)
        {
            Store.FoundElsewhere();
            return open;
        }

        call.Cache = new(CacheOutcome.Miss);
        return await next(call).ConfigureAwait(false);
    }

    private async ValueTask<CallResponse> FlyAsync(ModelCall call, CallHandler next, AskedAnswer asked)
    {
        for (var joined = 0; joined < MostJoined; joined++)
        {
            if (!asked.Reads)
            {
                var alone = new Flight(asked.Content, DialectOf(call), asked.Terms, time);
                _flights.EnterAlone(alone);
                return await LeadAsync(call, next, asked, alone).ConfigureAwait(false);
            }

            var (kept, flight, client) = _flights.Enter(
                asked.Key,
                () => new Flight(asked.Content, DialectOf(call), asked.Terms, time),
                () => Store.TryGetAfterMiss(asked.Key, out var late) ? late : null,
                call);
            if (kept is not null && Open(call, asked, kept) is { } open)
                return open;
            if (flight is null)
                continue;
            if (client is null)
                return await LeadAsync(call, next, asked, flight).ConfigureAwait(false);
            if (asked.MustMatch && flight.Content != asked.Content)
            {
                client.Leave();
                throw AskedAnswer.Mismatch();
            }

            if (await flight.FollowAsync(client).ConfigureAwait(false) is { } shared)
            {
                if (shared.Error is null)
                    call.Cache = new(asked.Joined) { Source = flight.Source(), Age = flight.Found is { } found ? AgeOf(found) : null };
                return shared;
            }
        }

        call.Cache = new(CacheOutcome.Miss);
        return await next(call).ConfigureAwait(false);
    }

    private async ValueTask<CallResponse> LeadAsync(ModelCall call, CallHandler next, AskedAnswer asked, Flight flight)
    {
        if (asked.Found == CacheOutcome.Hit)
            call.Cache = new(asked.Reads ? CacheOutcome.Miss : CacheOutcome.Refresh);
        var elsewhere = asked is { MustMatch: true, Elsewhere: { } find } ? () => FindMatchAsync(find, asked.Content) : asked.Elsewhere;
        var response = await flight.LeadAsync(call, next, elsewhere, landed =>
        {
            var isWanted = _flights.Leave(asked.Key, flight, landed is null ? null : () => Store.Set(asked.Key, landed));
            if (landed is null || !isWanted)
                return;
            if (flight.Found is null)
                asked.Kept?.Invoke(landed);
            else
                Store.FoundElsewhere();
        }).ConfigureAwait(false);
        if (flight.Found is { } found)
            call.Cache = new(asked.Found) { Source = found.Source, Age = AgeOf(found) };
        return response;
    }

    /// <summary>Finds the answer on the second level; that of another request is an error there, too.</summary>
    private static async ValueTask<KeptAnswer?> FindMatchAsync(Func<ValueTask<KeptAnswer?>> find, AnswerKey content)
    {
        var found = await find().ConfigureAwait(false);
        return found is null || found.Content == content ? found : throw AskedAnswer.Mismatch();
    }

    /// <summary>Opens a kept answer; null if it is not readable any more.</summary>
    private CallResponse? Open(ModelCall call, AskedAnswer asked, KeptAnswer kept)
    {
        if (asked.MustMatch && kept.Content != asked.Content)
            throw AskedAnswer.Mismatch();
        try
        {
            var open = kept.Open();
            call.Cache = new(asked.Found) { Source = kept.Source, Age = AgeOf(kept) };
            return open;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private TimeSpan AgeOf(KeptAnswer kept) => time.GetUtcNow() - kept.StoredAt;

    private IIngressDialect? DialectOf(ModelCall call) =>
        call.ClientDialect == DialectId.Canonical ? null : dialects.Ingress(call.ClientDialect);
}

/// <summary>A call's request to <see cref="SharedAnswers"/>. Immutable.</summary>
internal sealed record AskedAnswer
{
    /// <summary>The key under which the answer is kept.</summary>
    public required AnswerKey Key { get; init; }

    /// <summary>The hash of the request.</summary>
    public required AnswerKey Content { get; init; }

    /// <summary>The terms under which the answer is kept.</summary>
    public required FlightTerms Terms { get; init; }

    /// <summary>The cache outcome of a call that gets a kept answer.</summary>
    public required CacheOutcome Found { get; init; }

    /// <summary>The cache outcome of a call that gets the answer of a running call.</summary>
    public required CacheOutcome Joined { get; init; }

    /// <summary>Whether a kept answer may be used.</summary>
    public bool Reads { get; init; } = true;

    /// <summary>Whether the answer is kept.</summary>
    public bool Writes { get; init; } = true;

    /// <summary>Whether the kept answer must belong to exactly the same request.</summary>
    public bool MustMatch { get; init; }

    /// <summary>Looks for the answer on the second level, before a provider is called; null for no second level.</summary>
    public Func<ValueTask<KeptAnswer?>>? Elsewhere { get; init; }

    /// <summary>Stores a new answer on the second level; null for no second level.</summary>
    public Action<KeptAnswer>? Kept { get; init; }

    /// <summary>The error of a key that was used for a different request.</summary>
    public static CallException Mismatch() => new(new CallError(
        CallErrorKind.KeyReused,
        "The Idempotency-Key was used before for another request. Send the request as it was, or use a new key for each request.")
    {
        Param = AnswerFacts.IdempotencyKey,
    });
}

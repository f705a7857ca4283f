using Switchyard.Affinity;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>The facts of a call for selectors, and the choice they make from them without calling a target.</summary>
internal static class Ranking
{
    // Used if the prompt or the client's limit is unknown.
    private const long UsualTokens = 1000;

    /// <summary>The known facts of a call.</summary>
    public static SelectionFacts FactsOf(ModelCall call)
    {
        var sticky = call.Snapshot.Section(AffinityPlan.Section)?.Find(call);
        var input = InputOf(call);
        return new()
        {
            Now = call.Now,
            Stream = call.Envelope.Stream,
            InputTokens = input,
            OutputTokens = call.Envelope.MaxOutputTokens ?? UsualTokens,
            Sticky = sticky?.State,
            Owner = AnswerOwners.Of(call),
            CachedTokens = Math.Min(sticky?.Tokens ?? 0, input),
        };
    }

    /// <summary>An estimate of the prompt's tokens.</summary>
    public static long InputOf(ModelCall call) => call.Body.Wire is { } wire ? wire.Memory.Length / 4 : UsualTokens;

    /// <summary>The decision a call on its route would get now, by the same code as the call's.</summary>
    /// <param name="call">The call, routed. It is not run.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    public static CallDecision Explain(ModelCall call, long seed)
    {
        using var candidates = Candidates.Of(call.Route!, FactsOf(call), seed, takesTurns: false);
        return candidates.Decide(int.MaxValue);
    }
}

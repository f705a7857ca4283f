using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>What remains of the limits of a call's caller and target: for each unit the limit with the smallest share left.</summary>
/// <param name="Requests">Requests left; null if not limited.</param>
/// <param name="Tokens">Tokens left; null if not limited.</param>
public readonly record struct LimitReadings(LimitReading? Requests, LimitReading? Tokens)
{
    /// <summary>Reads them now.</summary>
    public static LimitReadings Of(ModelCall call)
    {
        var (caller, target) = (CallLimits.Of(call.Caller), call.Attempt?.Deployment.Limits as LimitGroup);
        if (caller is null && target is null)
            return default;
        var now = call.Now;
        return new(Tightest(LimitUnit.Requests), Tightest(LimitUnit.Tokens));

        LimitReading? Tightest(LimitUnit unit) => (caller?.Read(unit, now), target?.Read(unit, now)) switch
        {
            ({ } one, { } other) => one.Share <= other.Share ? one : other,
            var (one, other) => one ?? other,
        };
    }
}

/// <summary>The remaining amount of a limit.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Remaining">The amount left.</param>
/// <param name="ResetAfter">If nothing is left, the time until some is; else the time until the whole limit is free.</param>
public readonly record struct LimitReading(LimitRule Rule, long Remaining, TimeSpan ResetAfter)
{
    /// <summary>The share that is left, from 0 to 1.</summary>
    public double Share => (double)Remaining / Rule.Max;
}

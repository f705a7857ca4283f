using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>What is left of the limits that held for a call, its caller's and its target's: the one of which the smallest share
/// is.</summary>
/// <param name="Requests">Of requests; null where none are limited.</param>
/// <param name="Tokens">Of tokens; null where none are limited.</param>
public readonly record struct LimitReadings(LimitReading? Requests, LimitReading? Tokens)
{
    /// <summary>Reads them now.</summary>
    public static LimitReadings Of(ModelCall call)
    {
        var (caller, target) = (CallLimits.Of(call.Caller), call.Attempt?.Deployment.Limits as LimitGroup);
        if (caller is null && target is null)
            return default;
        var now = call.Time.GetElapsedTime(0);
        return new(Tightest(LimitUnit.Requests), Tightest(LimitUnit.Tokens));

        LimitReading? Tightest(LimitUnit unit) => (caller?.Read(unit, now), target?.Read(unit, now)) switch
        {
            ({ } one, { } other) => one.Share <= other.Share ? one : other,
            var (one, other) => one ?? other,
        };
    }
}

/// <summary>What is left of a limit.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Remaining">What is left.</param>
/// <param name="ResetAfter">When nothing is left: until something is; else until all of it is.</param>
public readonly record struct LimitReading(LimitRule Rule, long Remaining, TimeSpan ResetAfter)
{
    /// <summary>The share that is left, from 0 to 1.</summary>
    public double Share => (double)Remaining / Rule.Max;
}

using System.Globalization;
using System.Text;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// The reason for the choice of a target: the candidates of the route with score and reason, best first. The same seed and the same states
/// of the candidates give the same decision. Immutable; its text is built only on request.
/// </summary>
public sealed class CallDecision
{
    /// <summary>Seeds are below this value, because JSON clients keep no larger integer exactly.</summary>
    internal const long SeedBound = 1L << 53;

    // The bound of the response header.
    private const int LongestText = 1000;

    private readonly RankedTarget[] _candidates;

    internal CallDecision(Route route, long seed, RankedTarget[] candidates, int omitted)
    {
        Route = route.Alias;
        Strategy = route.Strategy;
        Seed = seed;
        _candidates = candidates;
        Omitted = omitted;
    }

    /// <summary>The route: the alias, or the model's name if it is not an alias.</summary>
    public string Route { get; }

    /// <summary>The strategy that ordered the targets: <c>weighted</c>.</summary>
    public string Strategy { get; }

    /// <summary>The seed of its random numbers.</summary>
    public long Seed { get; }

    /// <summary>
    /// The candidates, the first choice first, excluded ones at the end. After a failure they show the states after it.
    /// </summary>
    public IReadOnlyList<RankedTarget> Candidates => _candidates;

    /// <summary>The number of further candidates: a call without a request for an explanation keeps the best 8.</summary>
    public int Omitted { get; }

    /// <summary>The first choice; null if all are excluded.</summary>
    public RankedTarget? Chosen => _candidates is [{ Excluded: Exclusion.None } first, ..] ? first : null;

    /// <summary>One line of at most 1,000 characters, for headers and logs.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(256)
            .Append(CultureInfo.InvariantCulture, $"strategy={Strategy} seed={Seed}; ");
        for (var i = 0; i < _candidates.Length; i++)
        {
            var before = text.Length;
            _candidates[i].WriteTo(text);
            // Leaves room for the last words.
            if (text.Length > LongestText - 16)
            {
                text.Length = before;
                return text.Append(CultureInfo.InvariantCulture, $"{_candidates.Length - i + Omitted} more").ToString();
            }

            text.Append(", ");
        }

        return Omitted > 0
            ? text.Append(CultureInfo.InvariantCulture, $"{Omitted} more").ToString()
            : text.ToString(0, Math.Max(0, text.Length - 2));
    }
}

/// <summary>A candidate of a decision. Immutable.</summary>
public readonly record struct RankedTarget
{
    // NaN for no score: a call keeps up to 8 of these, and a nullable number takes twice the memory.
    private readonly double _score;
    private readonly bool _isLastResort;

    internal RankedTarget(in Candidate candidate)
    {
        Provider = candidate.Deployment.Provider;
        Model = candidate.Deployment.Model;
        Credential = candidate.Deployment.Credential;
        Group = candidate.Group + 1;
        _score = double.IsFinite(candidate.Score) && candidate.Score < Candidate.Unknown / 2 ? candidate.Score : double.NaN;
        Excluded = candidate.Excluded;
        Demotions = candidate.Demotions;
        _isLastResort = candidate.IsLastResort;
    }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }

    /// <summary>The provider's own model id.</summary>
    public string Model { get; }

    /// <summary>The number of the provider's credential, counted from 1.</summary>
    public int Credential { get; }

    /// <summary>The number of its group in the route, from 1: the targets, then each fallback. Scores compare within a group.</summary>
    public int Group { get; }

    /// <summary>
    /// The score by the strategy, the lowest first: US dollars for <c>cost</c>, milliseconds for <c>performance</c>. Null if it is
    /// unknown: no price, no recent answer, no weight.
    /// </summary>
    public double? Score => double.IsNaN(_score) ? null : _score;

    /// <summary>Why it is excluded; <see cref="Exclusion.None"/> if it may be tried.</summary>
    public Exclusion Excluded { get; }

    /// <summary>The reasons that rank it behind others, whatever its score.</summary>
    public Demotions Demotions { get; }

    /// <summary>Why it is excluded or behind others, as words joined by commas: <c>circuit_open</c>; null if it is neither.</summary>
    public string? Reason => Excluded != Exclusion.None ? NameOf(Excluded)
        : _isLastResort ? "last_resort"
        : Demotions == Demotions.None ? null
        : string.Join(',', Names(Demotions));

    internal void WriteTo(StringBuilder text)
    {
        text.Append(Provider).Append('/').Append(ModelNames.Shown(Model));
        if (Credential > 1)
            text.Append(CultureInfo.InvariantCulture, $"#{Credential}");
        if (Score is { } score)
            text.Append(CultureInfo.InvariantCulture, $" {score:0.######}");
        if (Reason is { } reason)
            text.Append(Excluded == Exclusion.None ? " behind:" : " not:").Append(reason);
    }

    private static string NameOf(Exclusion exclusion) => exclusion switch
    {
        Exclusion.CircuitOpen => "circuit_open",
        Exclusion.CredentialRefused => "credential_refused",
        Exclusion.WindowTooSmall => "window_too_small",
        Exclusion.NoPlace => "no_place",
        Exclusion.Failed => "failed",
        Exclusion.OtherAccount => "other_account",
        Exclusion.LimitReached => "limit_reached",
        _ => "",
    };

    private static IEnumerable<string> Names(Demotions behind)
    {
        if (behind.HasFlag(Demotions.WindowUnknown))
            yield return "window_unknown";
        if (behind.HasFlag(Demotions.Cooling))
            yield return "cooling";
        if (behind.HasFlag(Demotions.Unhealthy))
            yield return "unhealthy";
        if (behind.HasFlag(Demotions.Busy))
            yield return "busy";
        if (behind.HasFlag(Demotions.NotSticky))
            yield return "not_sticky";
        if (behind.HasFlag(Demotions.NotPreferred))
            yield return "not_preferred";
    }
}

using System.IO.Enumeration;
using Switchyard.Targets;

namespace Switchyard.Models;

/// <summary>A rule for the models of a family, or for a range of its versions. Immutable.</summary>
internal sealed record FamilyRule
{
    /// <summary>
    /// Globs of names as <see cref="NormalizedNames.Everywhere"/> writes them; one beginning with <c>!</c> excludes names.
    /// </summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The providers it applies to; empty for all.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>The first version it applies to; null for no lower limit.</summary>
    public FamilyVersion? From { get; init; }

    /// <summary>The last version it applies to; null for no upper limit.</summary>
    public FamilyVersion? To { get; init; }

    /// <summary>Whether it also applies to a name without a version, which may be a new model.</summary>
    public bool Unversioned { get; init; }

    /// <summary>Whether it overrides the lists of models. Any other rule only fills facts that the lists leave open.</summary>
    public bool Corrects { get; init; }

    /// <summary>The kind of such models, if the lists have them as chat models; null if the rule sets no kind.</summary>
    public ModelKind? Kind { get; init; }

    /// <summary>The facts it sets.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>
    /// The price of a token written to the provider's cache for an hour, as a multiple of the price of input; null if the rule sets none.
    /// </summary>
    public decimal? HourOfInput { get; init; }

    /// <summary>
    /// The prices of service tiers, or of modes that count as such, as multiples of the price; empty if the rule sets none. Only for prices
    /// that do not depend on the length of the prompt.
    /// </summary>
    public IReadOnlyList<TierFactor> TierFactors { get; init; } = [];

    /// <summary>The source of the rule.</summary>
    public string Source { get; init; } = "";

    /// <summary>Whether it applies to a model.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="name">The model's name as <see cref="NormalizedNames.Everywhere"/> writes it.</param>
    public bool HoldsFor(string provider, string name)
    {
        if (Providers.Count > 0 && !Providers.Contains(provider, StringComparer.OrdinalIgnoreCase))
            return false;
        if (!Models.Any(glob => glob[0] != '!' && Matches(glob, name)) || Models.Any(glob => glob[0] == '!' && Matches(glob[1..], name)))
            return false;
        if (From is null && To is null)
            return true;
        return FamilyVersion.Of(name) is { } version
            ? (From is not { } first || version.CompareTo(first) >= 0) && (To is not { } last || version.CompareTo(last) <= 0)
            : Unversioned;
    }

    /// <summary>The facts completed, or corrected, by this rule's.</summary>
    public ModelFacts Complete(ModelFacts known)
    {
        // The control of reasoning is one fact of several members: a rule fills it only if none of them is known.
        var fillsControls = HasControls(Facts) && !HasControls(known) && known.Reasoning != false;
        return known with
        {
            MaxOutputTokens = known.MaxOutputTokens ?? Facts.MaxOutputTokens,
            Temperature = One(known.Temperature, Facts.Temperature),
            JsonSchema = One(known.JsonSchema, Facts.JsonSchema),
            Reasoning = One(known.Reasoning, Facts.Reasoning),
            ReasoningEfforts = fillsControls ? Facts.ReasoningEfforts : known.ReasoningEfforts,
            TakesReasoningBudget = fillsControls ? Facts.TakesReasoningBudget : known.TakesReasoningBudget,
            MinReasoningBudget = fillsControls ? Facts.MinReasoningBudget : known.MinReasoningBudget,
            DefaultEffort = known.DefaultEffort ?? Facts.DefaultEffort,
            RefusedFields = Both(known.RefusedFields, Facts.RefusedFields),
            RefusedWhileReasoning = Both(known.RefusedWhileReasoning, Facts.RefusedWhileReasoning),
            AnswersImagesAsBytes = known.AnswersImagesAsBytes || Facts.AnswersImagesAsBytes,
            Format = known.Format ?? Facts.Format,
        };
    }

    /// <summary>The prices with the rate that this rule sets, where they have one for writing to the cache but none for an hour.</summary>
    /// <returns>The same list if nothing is missing.</returns>
    public IReadOnlyList<ModelPricing> Complete(IReadOnlyList<ModelPricing> known)
    {
        if (HourOfInput is { } factor && known.Any(price => Lacks(price.Rates) || price.Tiers.Any(tier => Lacks(tier.Rates))))
            known = [.. known.Select(price => Complete(price, factor))];
        return TierFactors.Count > 0 && known.Any(MayHaveTiers) ? [.. known.Select(WithTiers)] : known;
    }

    private static bool MayHaveTiers(ModelPricing price) => price is { Unit: PriceUnit.Tokens, Tiers.Count: 0 };

    private ModelPricing WithTiers(ModelPricing price) => !MayHaveTiers(price) ? price : price with
    {
        ServiceTiers =
        [
            .. price.ServiceTiers,
            .. TierFactors.Where(tier => price.ServiceTiers.All(known => known.Name != tier.Name)).Select(
                tier => new ServiceTierRates(tier.Name, Times(price.Rates, tier.Factor)) { OnlyIfAsked = tier.OnlyIfAsked }),
        ],
    };

    private static ModelRates Times(ModelRates rates, decimal factor) => rates with
    {
        Input = rates.Input * factor,
        Output = rates.Output * factor,
        CacheRead = rates.CacheRead * factor,
        CacheWrite = rates.CacheWrite * factor,
        CacheWriteHour = rates.CacheWriteHour * factor,
        Reasoning = rates.Reasoning * factor,
        AudioInput = rates.AudioInput * factor,
        AudioOutput = rates.AudioOutput * factor,
    };

    private static ModelPricing Complete(ModelPricing price, decimal factor) => price with
    {
        Rates = Complete(price.Rates, factor),
        Tiers = [.. price.Tiers.Select(tier => tier with { Rates = Complete(tier.Rates, factor) })],
    };

    private static ModelRates Complete(ModelRates rates, decimal factor) =>
        Lacks(rates) ? rates with { CacheWriteHour = rates.Input * factor } : rates;

    private static bool Lacks(ModelRates rates) => rates is { CacheWrite: not null, CacheWriteHour: null, Input: not null };

    private static bool HasControls(ModelFacts facts) => facts.ReasoningEfforts.Count > 0 || facts.TakesReasoningBudget;

    private bool? One(bool? known, bool? said) => Corrects ? said ?? known : known ?? said;

    private static IReadOnlyList<string> Both(IReadOnlyList<string> known, IReadOnlyList<string> said) =>
        known.Count == 0 ? said : said.Count == 0 ? known : [.. known.Union(said)];

    private static bool Matches(string glob, string name) => FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: true);
}

/// <summary>The price of a service tier as a multiple of the ordinary one.</summary>
/// <param name="Name">The tier.</param>
/// <param name="Factor">The factor of all rates.</param>
/// <param name="OnlyIfAsked">Whether a request runs in it only if it asks for it.</param>
internal readonly record struct TierFactor(string Name, decimal Factor, bool OnlyIfAsked);

/// <summary>The version in a model's name: 4.7 of <c>claude-opus-4-7</c>, 5.0 of <c>gpt-5-mini</c>.</summary>
internal readonly record struct FamilyVersion(int Major, int Minor) : IComparable<FamilyVersion>
{
    /// <summary>The first number of one or two digits, with the one after it; null if a name has none.</summary>
    public static FamilyVersion? Of(string name)
    {
        var parts = name.Split('-');
        for (var i = 0; i < parts.Length; i++)
        {
            if (Number(parts[i]) is { } major)
                return new(major, i + 1 < parts.Length ? Number(parts[i + 1]) ?? 0 : 0);
        }

        return null;
    }

    /// <summary>A version as the file of rules writes it: <c>5.4</c>.</summary>
    public static FamilyVersion Parse(string text) =>
        Of(text.Replace('.', '-')) ?? throw new FormatException($"'{text}' is not a version.");

    public int CompareTo(FamilyVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    private static int? Number(string part) => part.Length is 1 or 2 && part.All(char.IsAsciiDigit) ? int.Parse(part, null) : null;
}

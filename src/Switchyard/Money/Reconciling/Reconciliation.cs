using System.Globalization;
using System.Text.RegularExpressions;

namespace Switchyard.Money.Reconciling;

/// <summary>One figure of the ledger and of the provider.</summary>
/// <param name="Class">
/// Its class: <c>input</c>, <c>cache_read</c>, <c>cache_write</c>, <c>output</c>, <c>requests</c>, <c>cost</c>.
/// </param>
/// <param name="Ours">The ledger's figure.</param>
/// <param name="Theirs">The provider's figure.</param>
internal sealed record ReconciledFigure(string Class, decimal Ours, decimal Theirs)
{
    /// <summary>The cost, in US dollars.</summary>
    public const string Cost = "cost";

    /// <summary>The provider's figure minus the ledger's.</summary>
    public decimal Difference => Theirs - Ours;

    /// <summary>Whether it is more than rounding. Exports round costs to a hundredth of a cent and worse.</summary>
    public bool IsDifferent => Math.Abs(Difference) > (Class == Cost ? Math.Max(0.0001m, Math.Abs(Theirs) * 0.001m) : 0);
}

/// <summary>The figures of a day and a model, of the ledger and of the provider.</summary>
/// <param name="Day">The day.</param>
/// <param name="Model">The model, without the date of its version; empty if the export does not split by model.</param>
/// <param name="Figures">Each figure that the export has.</param>
internal sealed record ReconciledGroup(DateOnly Day, string Model, IReadOnlyList<ReconciledFigure> Figures)
{
    /// <summary>The ledger's other figures: estimates, calls without a price.</summary>
    public UsageFigures Ours { get; init; } = new();

    /// <summary>The probable cause of the difference; empty if there is none.</summary>
    public string Cause { get; init; } = "";

    /// <summary>Whether anything differs.</summary>
    public bool IsDifferent => Figures.Any(figure => figure.IsDifferent);

    /// <summary>The figure of a class; null if the export has none.</summary>
    public ReconciledFigure? Find(string name) => Figures.FirstOrDefault(figure => figure.Class == name);
}

/// <summary>Compares the ledger with a provider's export, by day, model and token class.</summary>
internal static partial class Reconciliation
{
    /// <summary>The ledger query for a comparison with an export.</summary>
    public static UsageQuery QueryFor(IReadOnlyList<ExportLine> theirs, string provider) => new()
    {
        Filter = new()
        {
            Provider = provider,
            Since = Start(theirs.Min(line => line.Day)),
            Until = Start(theirs.Max(line => line.Day).AddDays(1)),
        },
        By = [UsageGrouping.Day, UsageGrouping.Model],
        Limit = 10_000,
    };

    /// <summary>Compares.</summary>
    /// <param name="theirs">The export.</param>
    /// <param name="ours">The ledger's groups by day and model.</param>
    /// <param name="unknown">The calls of that time whose outcome is unknown.</param>
    public static IReadOnlyList<ReconciledGroup> Compare(
        IReadOnlyList<ExportLine> theirs, IReadOnlyList<UsageGroup> ours, IReadOnlyList<LedgerEntry> unknown)
    {
        var byModel = theirs.Any(line => line.Model.Length > 0);
        var left = ours.ToLookup(group => (DayOf(group.Names[0]), byModel ? NameOf(group.Names[1]) : ""), group => group.Figures);
        var right = theirs.ToLookup(line => (line.Day, byModel ? NameOf(line.Model) : ""));
        var pairs = left.Select(group => group.Key).Union(right.Select(group => group.Key)).Order().ToList();
        var groups = pairs.Select(key => new ReconciledGroup(key.Item1, key.Item2, Figures(left[key], right[key], theirs))
        {
            Ours = new UsageFigures
            {
                Estimates = left[key].Sum(figures => figures.Estimates),
                Unpriced = new()
                {
                    NoPrice = left[key].Sum(figures => figures.Unpriced.NoPrice),
                    NoRate = left[key].Sum(figures => figures.Unpriced.NoRate),
                    NoUsage = left[key].Sum(figures => figures.Unpriced.NoUsage),
                    OtherUnit = left[key].Sum(figures => figures.Unpriced.OtherUnit),
                },
            },
        }).ToList();
        return [.. groups.Select(group => group with { Cause = LikelyCause.Of(group, groups, unknown) })];
    }

    /// <summary>
    /// A model's name without the parts that differ between requests and bills: the provider, and the date of the version.
    /// </summary>
    public static string NameOf(string model) =>
        VersionDate().Replace(model[(model.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant().Replace(' ', '-'), "");

    /// <summary>The first moment of a day.</summary>
    public static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private static DateOnly DayOf(string text) => DateOnly.Parse(text, CultureInfo.InvariantCulture);

    private static List<ReconciledFigure> Figures(
        IEnumerable<UsageFigures> ours, IEnumerable<ExportLine> theirs, IReadOnlyList<ExportLine> all)
    {
        (string Class, Func<UsageFigures, decimal> Ours, Func<ExportLine, decimal?> Theirs)[] classes =
        [
            ("input",
                figures => (figures.Usage.Input ?? 0) - (figures.Usage.CacheRead ?? 0) - (figures.Usage.CacheWrite ?? 0),
                line => line.Usage.Input - (line.Usage.CacheRead ?? 0) - (line.Usage.CacheWrite ?? 0)),
            ("cache_read", figures => figures.Usage.CacheRead ?? 0, line => line.Usage.CacheRead),
            ("cache_write", figures => figures.Usage.CacheWrite ?? 0, line => line.Usage.CacheWrite),
            ("output", figures => figures.Usage.Output ?? 0, line => line.Usage.Output),
            ("requests", figures => figures.Lines - figures.Cached, line => line.Requests),
            (ReconciledFigure.Cost, figures => figures.Cost.Dollars, line => line.Cost),
        ];
        return
        [
            .. classes
                // A class that the export does not contain cannot be compared.
                .Where(entry => all.Any(line => entry.Theirs(line) is not null))
                .Select(entry => new ReconciledFigure(
                    entry.Class, ours.Sum(entry.Ours), theirs.Sum(line => entry.Theirs(line) ?? 0))),
        ];
    }

    [GeneratedRegex(@"(-\d{4}-\d{2}-\d{2}|-\d{8}|@\d{8}|-latest)$")]
    private static partial Regex VersionDate();
}

namespace Switchyard.LoadTest.Reporting;

/// <summary>One kind of figure.</summary>
/// <param name="Key">Its name in the JSON file.</param>
/// <param name="Title">Its name in the table, with the unit.</param>
/// <param name="Decimals">Digits after the point.</param>
/// <param name="Target">The limit of the performance contract for the gateway; null if it has none.</param>
internal sealed record Metric(string Key, string Title, int Decimals, Target? Target = null)
{
    /// <summary>The limit of the contract for translated calls; null if it has none.</summary>
    public Target? TranslateTarget { get; init; }

    /// <summary>Whether the report shows the ratio of each round.</summary>
    public bool IsByRound { get; init; }

    /// <summary>Whether the ratio of two subjects' figures has a meaning.</summary>
    public bool HasRatio { get; init; } = true;
}

/// <summary>A limit: on the figure itself, or on its ratio to the bare pass-through.</summary>
internal sealed record Target(double Limit, bool IsRatio, string Text)
{
    public bool IsMet(double value) => value <= Limit;
}

namespace Switchyard.LoadTest.Reporting;

/// <summary>One kind of figure.</summary>
/// <param name="Key">Its name in the JSON file.</param>
/// <param name="Title">What the table calls it, with the unit.</param>
/// <param name="Decimals">Digits after the point.</param>
/// <param name="Target">What the performance contract asks of the gateway; null where it asks nothing.</param>
internal sealed record Metric(string Key, string Title, int Decimals, Target? Target = null)
{
    /// <summary>What the contract asks of the gateway where it translates; null where it asks nothing of its own.</summary>
    public Target? TranslateTarget { get; init; }

    /// <summary>Whether the report shows the ratio of each round.</summary>
    public bool IsByRound { get; init; }

    /// <summary>Whether dividing two subjects' figures says anything.</summary>
    public bool HasRatio { get; init; } = true;
}

/// <summary>A limit: on the figure itself, or on its ratio to the bare pass-through.</summary>
internal sealed record Target(double Limit, bool IsRatio, string Text)
{
    public bool IsMet(double value) => value <= Limit;
}

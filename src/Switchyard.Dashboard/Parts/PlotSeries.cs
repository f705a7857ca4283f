namespace Switchyard.Dashboard.Parts;

/// <summary>What a plot draws in one colour.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Points">The points, from left to right.</param>
public sealed record PlotSeries(string Title, IReadOnlyList<PlotPoint> Points);

/// <summary>What the caption of a plot says of each series.</summary>
public enum PlotCaption
{
    /// <summary>What its values come to together.</summary>
    Sum,

    /// <summary>Its last value.</summary>
    Last,
}

/// <summary>One point.</summary>
/// <param name="Name">What stands below it.</param>
/// <param name="Value">How high it is.</param>
public sealed record PlotPoint(string Name, double Value);

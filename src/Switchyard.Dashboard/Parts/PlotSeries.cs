namespace Switchyard.Dashboard.Parts;

/// <summary>A series of a plot, drawn in one colour.</summary>
/// <param name="Title">Its name in the caption.</param>
/// <param name="Points">The points, from left to right.</param>
public sealed record PlotSeries(string Title, IReadOnlyList<PlotPoint> Points);

/// <summary>The value of each series in the caption of a plot.</summary>
public enum PlotCaption
{
    /// <summary>The sum of its values.</summary>
    Sum,

    /// <summary>Its last value.</summary>
    Last,
}

/// <summary>One point.</summary>
/// <param name="Name">Its label on the horizontal axis.</param>
/// <param name="Value">Its value on the vertical axis.</param>
public sealed record PlotPoint(string Name, double Value);

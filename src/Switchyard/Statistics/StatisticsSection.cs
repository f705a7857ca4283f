using Switchyard.Calls;

namespace Switchyard.Statistics;

/// <summary>The section of a snapshot whose presence means that attempts are counted (<c>statistics</c>). It has no data.</summary>
internal sealed class StatisticsSection
{
    public static readonly SectionKey<StatisticsSection> Key = new();

    private static readonly StatisticsSection s_on = new();

    public static StatisticsSection? From(bool enabled) => enabled ? s_on : null;
}

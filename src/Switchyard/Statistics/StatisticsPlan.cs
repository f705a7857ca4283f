using Switchyard.Calls;

namespace Switchyard.Statistics;

/// <summary>The section of a snapshot whose presence means that attempts are counted (<c>statistics</c>). It has no data.</summary>
internal sealed class StatisticsPlan
{
    public static readonly SectionKey<StatisticsPlan> Section = new();

    private static readonly StatisticsPlan s_on = new();

    public static StatisticsPlan? From(bool enabled) => enabled ? s_on : null;
}

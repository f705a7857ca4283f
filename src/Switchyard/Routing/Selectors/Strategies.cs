using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The strategies by their names in the configuration.</summary>
internal static class Strategies
{
    public const string Priority = "priority";
    public const string Weighted = "weighted";
    public const string Manual = "manual";

    /// <summary>The selector of a strategy.</summary>
    /// <param name="strategy">Its name.</param>
    /// <param name="selected">For <c>manual</c>: the selected target.</param>
    public static IDeploymentSelector Selector(string strategy, string? selected) => strategy switch
    {
        Weighted => WeightedSelector.Instance,
        "cost" => CostSelector.Instance,
        "performance" => PerformanceSelector.Instance,
        "round-robin" => RoundRobinSelector.Instance,
        "least-busy" => LeastBusySelector.Instance,
        Manual => new ManualSelector(selected),
        _ => PrioritySelector.Instance,
    };
}

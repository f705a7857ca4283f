using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Experiments;

/// <summary>The experiments of one configuration, by alias. Thread-safe.</summary>
internal sealed class ExperimentPlan
{
    public static readonly SectionKey<ExperimentPlan> Section = new();

    private readonly Dictionary<string, PlannedExperiment> _byAlias;

    private ExperimentPlan(Dictionary<string, PlannedExperiment> byAlias) => _byAlias = byAlias;

    /// <summary>The plan of a configuration; null if it has no experiment.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="states">The states; unchanged experiments keep theirs.</param>
    public static ExperimentPlan? From(SwitchyardOptions options, ExperimentStates states)
    {
        var planned = options.Models.Where(model => model.Value.Experiment is not null)
            .ToDictionary(model => model.Key, model => Plan(model.Key, model.Value.Experiment!, states), StringComparer.Ordinal);
        return planned.Count == 0 ? null : new(planned);
    }

    /// <summary>The experiment of an alias; null if it has none.</summary>
    public PlannedExperiment? Find(string alias) => _byAlias.GetValueOrDefault(alias);

    private static PlannedExperiment Plan(string alias, ExperimentOptions options, ExperimentStates states)
    {
        var variants = options.Variants.Select(
            variant => new VariantDefinition(variant.Name ?? variant.Target, variant.Target, variant.Share ?? 0));
        var definition = new ExperimentDefinition(
            ExperimentKind.Experiment, options.Name ?? alias, alias, Assignment.Parse(options.Sticky), [.. variants]);
        var question = new ExperimentQuestion(ExperimentMetrics.Parse(options.Metric), options.Alpha);
        return new(states.Use(definition, question));
    }
}

/// <summary>One experiment in one configuration: the assignment to variants, and the route of each. Thread-safe.</summary>
internal sealed class PlannedExperiment(ExperimentState state)
{
    private readonly long _seed = Assignment.SeedOf(state.Definition.Name);
    private volatile VariantRoutes? _routes;

    public ExperimentState State => state;

    /// <summary>
    /// The variant of a call; null if it is in none, because the experiment is stopped or the shares leave it out. Called with the
    /// alias's route.
    /// </summary>
    public int? Assign(ModelCall call, Random random)
    {
        if (state.IsStopped)
            return null;
        var assigned = AtPoint(Assignment.PointOf(call, state.Definition.Sticky, _seed, random));
        return AnswerOwners.Of(call) is { } owner ? WhereKept(owner, assigned, call) : assigned;
    }

    /// <summary>
    /// The route of a variant: its target, then the groups of the alias. Created once for each route of the alias, which only changes if a
    /// provider is added or removed. Null if the variant's provider is not enabled.
    /// </summary>
    public Route? RouteOf(int variant, ModelCall call)
    {
        var routes = _routes;
        if (routes is null || !ReferenceEquals(routes.Alias, call.Route))
            _routes = routes = new(call.Route!, [.. state.Variants.Select(one => RouteTo(one.Target, call))]);
        return routes.Variants[variant];
    }

    private int? AtPoint(double point)
    {
        var variants = state.Variants;
        var end = 0.0;
        for (var i = 0; i < variants.Count; i++)
        {
            end += variants[i].Share;
            if (point < end)
                return i;
        }

        return null;
    }

    /// <summary>
    /// The variant of a call that continues a state kept by one account, as only that account can answer it: the assigned variant if its
    /// target is of that account, else the first variant whose target is.
    /// </summary>
    private int? WhereKept(AccountState owner, int? assigned, ModelCall call)
    {
        if (assigned is { } variant ? IsKept(RouteOf(variant, call)?.Groups[0]) : call.Route!.Groups.Any(IsKept))
            return assigned;
        for (var i = 0; i < state.Variants.Count; i++)
        {
            if (IsKept(RouteOf(i, call)?.Groups[0]))
                return i;
        }

        return null;

        bool IsKept(TargetGroup? targets) => targets is not null && AnswerOwners.IsAmong(targets, owner);
    }

    private static Route? RouteTo(string target, ModelCall call) =>
        call.Snapshot.Routes.FindTarget(target) is { } found ? call.Route!.StartingWith(found.Groups[0]) : null;

    private sealed record VariantRoutes(Route Alias, Route?[] Variants);
}

using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Experiments;

namespace Switchyard.Shadowing;

/// <summary>The shadows of one configuration, by alias. Immutable and thread-safe.</summary>
internal sealed class ShadowPlan
{
    public static readonly SectionKey<ShadowPlan> Section = new();

    /// <summary>The names of the two sides in results.</summary>
    public const string AliasSide = "alias", ShadowSide = "shadow";

    private const double Alpha = 0.05;

    private readonly Dictionary<string, PlannedShadow> _byAlias;

    private ShadowPlan(Dictionary<string, PlannedShadow> byAlias) => _byAlias = byAlias;

    /// <summary>The plan of a configuration; null if no alias has a shadow.</summary>
    public static ShadowPlan? From(SwitchyardOptions options, ExperimentStates states, ShadowGates gates)
    {
        var planned = options.Models.Where(model => model.Value.Shadow is not null)
            .ToDictionary(model => model.Key, model => Plan(model.Key, model.Value.Shadow!, states, gates), StringComparer.Ordinal);
        return planned.Count == 0 ? null : new(planned);
    }

    /// <summary>The name of an alias's shadow among experiments. No experiment can have it: their names contain no colon.</summary>
    public static string NameOf(string alias) => $"shadow:{alias}";

    /// <summary>The shadow of an alias; null if it has none.</summary>
    public PlannedShadow? Find(string alias) => _byAlias.GetValueOrDefault(alias);

    private static PlannedShadow Plan(string alias, ShadowOptions options, ExperimentStates states, ShadowGates gates)
    {
        var definition = new ExperimentDefinition(
            ExperimentKind.Shadow,
            NameOf(alias),
            alias,
            StickyUnit.Call,
            [new(AliasSide, alias, 1), new(ShadowSide, options.Target, options.Share)]);
        var state = states.Use(definition, new ExperimentQuestion(ExperimentMetric.Latency, Alpha));
        return new(state, gates.Of(state), options);
    }
}

/// <summary>The shadow of one alias in one configuration. Thread-safe.</summary>
/// <param name="State">The outcomes of both sides.</param>
/// <param name="Gate">Its caps.</param>
/// <param name="Options">Target, share and caps.</param>
internal sealed record PlannedShadow(ExperimentState State, ShadowGate Gate, ShadowOptions Options)
{
    /// <summary>Whether a call is to be copied.</summary>
    public bool Chooses(Random random) => !State.IsStopped && random.NextDouble() < Options.Share;
}

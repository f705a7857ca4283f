namespace Switchyard.Experiments;

/// <summary>
/// A running comparison: its variants with their outcomes. Kept across reloads that do not change the assignment of calls, and lost with
/// the process. Thread-safe.
/// </summary>
internal sealed class ExperimentState
{
    private volatile bool _isStopped;

    public ExperimentState(ExperimentDefinition definition, TimeProvider time)
    {
        (Definition, StartedAt, Curve) = (definition, time.GetUtcNow(), new ExperimentCurve(time));
        Variants =
        [
            .. definition.Variants.Select(
                variant => new VariantState(variant.Name, variant.Target, variant.Share, $"{definition.Name}={variant.Name}", Curve)),
        ];
        Curve.Follow(Variants);
    }

    public ExperimentDefinition Definition { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>The variants, the control first.</summary>
    public IReadOnlyList<VariantState> Variants { get; }

    /// <summary>The history of their figures.</summary>
    public ExperimentCurve Curve { get; }

    /// <summary>Whether the assignment of calls is stopped.</summary>
    public bool IsStopped => _isStopped;

    public void Stop() => _isStopped = true;
}

/// <summary>The settings that decide which calls a comparison gets. If they change, the outcomes before and after cannot be
/// compared.</summary>
/// <param name="Kind">An experiment, or a shadow.</param>
/// <param name="Name">Its name.</param>
/// <param name="Alias">The alias whose calls it takes.</param>
/// <param name="Sticky">The unit that stays with its variant.</param>
/// <param name="Variants">The variants.</param>
internal sealed record ExperimentDefinition(
    ExperimentKind Kind, string Name, string Alias, StickyUnit Sticky, IReadOnlyList<VariantDefinition> Variants)
{
    public bool Equals(ExperimentDefinition? other) =>
        other is not null && (Kind, Name, Alias, Sticky) == (other.Kind, other.Name, other.Alias, other.Sticky)
        && Variants.SequenceEqual(other.Variants);

    public override int GetHashCode() => HashCode.Combine(Kind, Name, Alias, Sticky, Variants.Count);
}

/// <summary>One variant as it is configured.</summary>
internal sealed record VariantDefinition(string Name, string Target, double Share);

/// <summary>The kind of a comparison.</summary>
public enum ExperimentKind
{
    /// <summary>Variants, each of which answers its share of the calls.</summary>
    Experiment,

    /// <summary>An alias, and a shadow that gets copies of some of its calls.</summary>
    Shadow,
}

using System.Collections.Concurrent;

namespace Switchyard.Experiments;

/// <summary>
/// The states of all comparisons in force, by name. A reload that does not change a comparison keeps its outcomes; one that removes it
/// drops them. Thread-safe.
/// </summary>
internal sealed class ExperimentStates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every comparison, by name.</summary>
    public IEnumerable<Entry> All => _byName.Values.OrderBy(entry => entry.State.Definition.Name, StringComparer.OrdinalIgnoreCase);

    public Entry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The state of a comparison: the existing one, or a new one if its definition has changed.</summary>
    public ExperimentState Use(ExperimentDefinition definition, ExperimentQuestion question) => _byName.AddOrUpdate(
        definition.Name,
        _ => new Entry(new ExperimentState(definition, time), question),
        (_, before) => before.State.Definition.Equals(definition)
            ? before with { Question = question }
            : new Entry(new ExperimentState(definition, time), question)).State;

    /// <summary>Drops all other comparisons.</summary>
    public void KeepOnly(IEnumerable<string> names)
    {
        var kept = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _byName.Keys.Where(name => !kept.Contains(name)))
            _byName.TryRemove(name, out _);
    }

    /// <summary>A comparison, and its current question.</summary>
    public sealed record Entry(ExperimentState State, ExperimentQuestion Question);
}

/// <summary>The question about the outcomes. It may change without losing them.</summary>
/// <param name="Metric">The metric of the verdict.</param>
/// <param name="Alpha">The probability of a false alarm.</param>
internal sealed record ExperimentQuestion(ExperimentMetric Metric, double Alpha);

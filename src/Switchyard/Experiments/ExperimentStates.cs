using System.Collections.Concurrent;

namespace Switchyard.Experiments;

/// <summary>
/// The states of all comparisons in force, by name. A reload that changes nothing of a comparison keeps its outcomes; one that leaves it
/// out drops them. Thread-safe.
/// </summary>
internal sealed class ExperimentStates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every comparison, by name.</summary>
    public IEnumerable<Entry> All => _byName.Values.OrderBy(entry => entry.State.Definition.Name, StringComparer.OrdinalIgnoreCase);

    public Entry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The state of a comparison: the one it has, or a new one where it is defined otherwise than before.</summary>
    public ExperimentState Use(ExperimentDefinition definition, ExperimentQuestion question) => _byName.AddOrUpdate(
        definition.Name,
        _ => new Entry(new ExperimentState(definition, time), question),
        (_, before) => before.State.Definition.Equals(definition)
            ? before with { Question = question }
            : new Entry(new ExperimentState(definition, time), question)).State;

    /// <summary>Drops every comparison but these.</summary>
    public void KeepOnly(IEnumerable<string> names)
    {
        var kept = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _byName.Keys.Where(name => !kept.Contains(name)))
            _byName.TryRemove(name, out _);
    }

    /// <summary>A comparison, and what is asked of it now.</summary>
    public sealed record Entry(ExperimentState State, ExperimentQuestion Question);
}

/// <summary>What is asked of the outcomes. It may change while they come in.</summary>
/// <param name="Metric">What the verdict is about.</param>
/// <param name="Alpha">The chance of a false alarm.</param>
internal sealed record ExperimentQuestion(ExperimentMetric Metric, double Alpha);

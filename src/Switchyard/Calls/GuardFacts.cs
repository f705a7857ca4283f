namespace Switchyard.Calls;

/// <summary>The findings of guards in a call and their actions, for its answer's header and its record. Never the found text.</summary>
internal sealed class GuardFacts
{
    private readonly SortedDictionary<string, SortedSet<string>> _found = new(StringComparer.Ordinal);

    /// <summary>Records the action of a guard.</summary>
    /// <param name="guard">Its name.</param>
    /// <param name="action"><c>masked</c>, <c>blocked</c>, <c>reported</c>, <c>failed</c> or <c>skipped</c>.</param>
    /// <param name="kinds">The kinds of its findings.</param>
    public void Note(string guard, string action, IEnumerable<string> kinds)
    {
        var key = $"{guard}={action}";
        if (!_found.TryGetValue(key, out var known))
            _found[key] = known = new(StringComparer.Ordinal);
        known.UnionWith(kinds);
    }

    /// <summary><c>pii=masked(card,email); words=reported(word)</c>.</summary>
    public override string ToString() => string.Join(
        "; ", _found.Select(pair => pair.Value.Count == 0 ? pair.Key : $"{pair.Key}({string.Join(',', pair.Value)})"));
}

namespace Switchyard.Targets;

/// <summary>The last times at which a circuit opened and closed. Thread-safe.</summary>
internal sealed class CircuitHistory
{
    /// <summary>The maximum number of changes kept.</summary>
    public const int Most = 50;

    private readonly Lock _gate = new();
    private readonly Queue<(TimeSpan At, bool Opened)> _changes = new();

    /// <summary>Records a change.</summary>
    public void Note(TimeSpan at, bool opened)
    {
        lock (_gate)
        {
            if (_changes.Count == Most)
                _changes.Dequeue();
            _changes.Enqueue((at, opened));
        }
    }

    /// <summary>The changes, the oldest first.</summary>
    public IReadOnlyList<(TimeSpan At, bool Opened)> Read()
    {
        lock (_gate)
            return [.. _changes];
    }
}

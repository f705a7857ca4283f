namespace Switchyard.Overview;

/// <summary>The outcomes of recordings.</summary>
public sealed record RecordingOverview
{
    /// <summary>Whether something is recorded.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The number of written recordings.</summary>
    public required long Written { get; init; }

    /// <summary>The number of lost recordings, by reason.</summary>
    public required IReadOnlyDictionary<string, long> Lost { get; init; }
}

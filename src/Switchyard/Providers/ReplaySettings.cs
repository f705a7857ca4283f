namespace Switchyard.Providers;

/// <summary>Recordings that answer in a provider's place. Immutable.</summary>
/// <param name="folder">The folder of the recordings, or one of them.</param>
public sealed class ReplaySettings(string folder) : IEquatable<ReplaySettings>
{
    /// <summary>The folder of the recordings, or one of them.</summary>
    public string Folder { get; } = folder;

    /// <summary>Whose recordings answer; null takes those of the provider's own name.</summary>
    public string? Provider { get; init; }

    /// <summary>How fast answers come: 1 as they were recorded, 2 twice as fast, 0 at once.</summary>
    /// <value>The default is 0.</value>
    public double Speed { get; init; }

    /// <summary>Whether a recording answers once only.</summary>
    /// <value>The default is false.</value>
    public bool Strict { get; init; }

    /// <summary>Members of a request's body that need not be the same, by their path.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(ReplaySettings? other) =>
        other is not null && Folder == other.Folder && Provider == other.Provider && Speed.Equals(other.Speed) && Strict == other.Strict
        && Ignore.SequenceEqual(other.Ignore, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ReplaySettings);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Folder, Provider, Speed, Strict, Ignore.Count);
}

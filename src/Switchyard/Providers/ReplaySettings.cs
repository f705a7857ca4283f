namespace Switchyard.Providers;

/// <summary>Recordings that answer instead of a provider. Immutable.</summary>
/// <param name="folder">The folder of the recordings, or one of them.</param>
public sealed class ReplaySettings(string folder) : IEquatable<ReplaySettings>
{
    /// <summary>The folder of the recordings, or one of them.</summary>
    public string Folder { get; } = folder;

    /// <summary>The provider whose recordings are used; null uses the provider's own name.</summary>
    public string? Provider { get; init; }

    /// <summary>The speed of answers: 1 as recorded, 2 twice as fast, 0 at once.</summary>
    /// <value>The default is 0.</value>
    public double Speed { get; init; }

    /// <summary>Whether a recording answers only once.</summary>
    /// <value>The default is false.</value>
    public bool Strict { get; init; }

    /// <summary>The paths of request body members that need not match.</summary>
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

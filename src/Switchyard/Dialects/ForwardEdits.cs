namespace Switchyard.Dialects;

/// <summary>
/// Replacements in the original bytes, in order of position and not overlapping; an empty range inserts. Everything between them
/// goes out as it came in, unknown fields included.
/// </summary>
/// <param name="Edits">The replacements; empty forwards the body as it is.</param>
public sealed record ForwardEdits(IReadOnlyList<ForwardEdit> Edits)
{
    /// <summary>
    /// Whether an edit adds <c>include_usage</c> for the engine's own accounting, so that the extra usage frame must not reach the client.
    /// </summary>
    public bool HidesUsageFrame { get; init; }

    /// <summary>No edits: the body as it came.</summary>
    public static readonly ForwardEdits None = new([]);
}

/// <summary>One replacement.</summary>
/// <param name="Start">Byte offset of the first byte replaced.</param>
/// <param name="Length">How many bytes are replaced; 0 inserts.</param>
/// <param name="Bytes">The bytes to write in their place.</param>
public readonly record struct ForwardEdit(int Start, int Length, ReadOnlyMemory<byte> Bytes);

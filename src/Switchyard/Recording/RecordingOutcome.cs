namespace Switchyard.Recording;

/// <summary>The outcome of a recording.</summary>
internal enum RecordingOutcome
{
    /// <summary>It is on disk.</summary>
    Written,

    /// <summary>It was larger than <c>recording.max_bytes</c>.</summary>
    TooLarge,

    /// <summary>The folder has reached its bounds.</summary>
    FolderFull,

    /// <summary>Recordings came faster than they could be written.</summary>
    Busy,

    /// <summary>The answer was not read to its end.</summary>
    Abandoned,

    /// <summary>It contains a secret in a binary body, which a mask would corrupt.</summary>
    Withheld,

    /// <summary>Writing to disk failed.</summary>
    Failed,
}

namespace Switchyard.Recording;

/// <summary>What became of a recording.</summary>
internal enum RecordingOutcome
{
    /// <summary>It is on disk.</summary>
    Written,

    /// <summary>It was larger than <c>recording.max_bytes</c>.</summary>
    TooLarge,

    /// <summary>The folder has as much as it may have.</summary>
    FolderFull,

    /// <summary>More came than could be written.</summary>
    Busy,

    /// <summary>Nobody read the answer to its end.</summary>
    Abandoned,

    /// <summary>It holds a secret where none can be masked without spoiling it.</summary>
    Withheld,

    /// <summary>The disk would not have it.</summary>
    Failed,
}

namespace Switchyard.Money.Bounds;

/// <summary>The maximum tokens of content that is no text.</summary>
internal static class ContentTokens
{
    /// <summary>An image.</summary>
    public const long Image = 5_000;

    /// <summary>A file named by its address or id.</summary>
    public const long Referred = 20_000;

    /// <summary>Content of an unknown kind.</summary>
    public const long Unknown = 1_000;

    /// <summary>The provider's own prompt about tools: Anthropic's has up to 700 tokens.</summary>
    public const long ToolPrompt = 1_000;

    private const long LeastAudio = 1_000;
    private const int AudioBytes = 100;
    private const int FileBytes = 2;

    /// <summary>The maximum tokens of a file.</summary>
    public static long Of(FileKind kind, long bytes) => kind switch
    {
        FileKind.Image => Image,
        FileKind.Audio => Math.Max(LeastAudio, bytes / AudioBytes),
        _ => bytes / FileBytes,
    };

    /// <summary>The kind of a file by its media type, or by its short name for audio.</summary>
    public static FileKind KindOf(ReadOnlySpan<byte> type) =>
        type.StartsWith("image/"u8) ? FileKind.Image
        : type.StartsWith("audio/"u8) || type.SequenceEqual("wav"u8) || type.SequenceEqual("mp3"u8) ? FileKind.Audio
        : FileKind.Other;
}

/// <summary>The kind of a file, as far as its tokens depend on it.</summary>
internal enum FileKind
{
    Other,
    Image,
    Audio,
}

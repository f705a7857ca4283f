namespace Switchyard.Dialects.Shared;

/// <summary>The event <c>[DONE]</c> that ends a chat stream. Some servers send it at the end of streams in other formats, too.</summary>
internal static class DoneMarker
{
    /// <summary>Whether the data of a frame is the marker, with or without white space around it.</summary>
    // Ordinary frames are objects: they cost one comparison.
    public static bool Is(ReadOnlySpan<byte> data) => data is not [(byte)'{', ..] && data.Trim(" \t\r\n"u8).SequenceEqual("[DONE]"u8);
}

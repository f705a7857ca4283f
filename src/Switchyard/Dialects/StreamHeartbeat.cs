namespace Switchyard.Dialects;

/// <summary>The heartbeats that streams of several formats share.</summary>
internal static class StreamHeartbeat
{
    /// <summary>A comment of server-sent events.</summary>
    public static readonly ReadOnlyMemory<byte> Comment = ": keep-alive\n"u8.ToArray();

    /// <summary>White space before a JSON document.</summary>
    public static readonly ReadOnlyMemory<byte> WhiteSpace = "\n"u8.ToArray();
}

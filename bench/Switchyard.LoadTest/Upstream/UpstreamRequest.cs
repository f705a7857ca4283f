namespace Switchyard.LoadTest.Upstream;

/// <summary>What the upstream needs to know of a body. It looks for bytes and does not parse: the bodies are this tool's own.</summary>
internal readonly record struct UpstreamRequest(bool Stream, bool IncludeUsage, StreamShape Shape)
{
    public static UpstreamRequest Read(ReadOnlySpan<byte> body)
    {
        // A gateway may have written the body anew, with or without white space after the colon.
        if (!IsTrue(body, "\"stream\""u8)) return default;
        return new UpstreamRequest(true, IsTrue(body, "\"include_usage\""u8), StreamShape.Find(body));
    }

    private static bool IsTrue(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var at = body.IndexOf(name);
        return at >= 0 && body[(at + name.Length)..].TrimStart(" :"u8).StartsWith("true"u8);
    }
}

namespace Switchyard.LoadTest.Upstream;

/// <summary>The facts that the upstream reads from a body. It searches bytes and does not parse: the bodies are this tool's own.</summary>
internal readonly record struct UpstreamRequest(bool Stream, bool IncludeUsage, StreamShape Shape)
{
    public static UpstreamRequest Read(ReadOnlySpan<byte> body)
    {
        // A gateway may have rewritten the body, with or without white space after the colon.
        if (!IsTrue(body, "\"stream\""u8)) return default;
        return new UpstreamRequest(true, IsTrue(body, "\"include_usage\""u8), StreamShape.Find(body));
    }

    private static bool IsTrue(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var at = body.IndexOf(name);
        return at >= 0 && body[(at + name.Length)..].TrimStart(" :"u8).StartsWith("true"u8);
    }
}

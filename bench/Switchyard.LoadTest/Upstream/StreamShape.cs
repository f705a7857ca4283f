using System.Buffers.Text;

namespace Switchyard.LoadTest.Upstream;

/// <summary>
/// The number of content frames of a stream and their distance. It is part of the model's name, <c>bench-50x10</c> for 50 frames 10 ms
/// apart, because a gateway forwards neither a client's headers nor its query.
/// </summary>
internal readonly record struct StreamShape(int Chunks, int PaceMilliseconds)
{
    private const int MaxChunks = 100_000;
    private const int MaxPace = 60_000;

    public static readonly StreamShape Default = new(50, 10);

    public string Model => FormattableString.Invariant($"bench-{Chunks}x{PaceMilliseconds}");

    public int Frames => Chunks + CannedAnswers.EndFrames;

    /// <summary>Finds <c>bench-CHUNKSxPACE</c> in a request body; a body without it gets the default shape.</summary>
    public static StreamShape Find(ReadOnlySpan<byte> body)
    {
        var at = body.IndexOf("bench-"u8);
        if (at < 0) return Default;

        var rest = body[(at + "bench-"u8.Length)..];
        if (!Utf8Parser.TryParse(rest, out int chunks, out var digits) || digits >= rest.Length || rest[digits] != 'x') return Default;
        if (!Utf8Parser.TryParse(rest[(digits + 1)..], out int pace, out _)) return Default;
        return new StreamShape(Math.Clamp(chunks, 1, MaxChunks), Math.Clamp(pace, 0, MaxPace));
    }
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class JsonLinesReaderTests
{
    public static TheoryData<string, string[]> Streams => new()
    {
        { "{\"a\":1}\n{\"b\":2}\n", ["{\"a\":1}", "{\"b\":2}"] },
        { "{\"a\":1}\r\n{\"b\":2}\r\n", ["{\"a\":1}", "{\"b\":2}"] },
        { "{\"a\":1}\n\n\r\n \n{\"b\":2}", ["{\"a\":1}", "{\"b\":2}"] },
        { "\uFEFF{\"a\":1}\n", ["{\"a\":1}"] },
        { "{\"a\":\"grüße 🚂\"}\n", ["{\"a\":\"grüße 🚂\"}"] },
        { "{\"a\":\"data: x\\n\"}\n", ["{\"a\":\"data: x\\n\"}"] },
        { "last", ["last"] },
        { "last\r", ["last"] },
        { "\n\n", [] },
        { "", [] },
    };

    [Covers("E1")]
    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_gives_its_lines_whatever_their_ends(string stream, string[] lines) =>
        Assert.Equal(lines, Read(Encoding.UTF8.GetBytes(stream)).Select(frame => frame.Data));

    [Covers("E2")]
    [Theory]
    [MemberData(nameof(Streams))]
    public void The_lines_are_the_same_for_every_split(string stream, string[] lines)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(lines, Read(bytes, first, second).Select(frame => frame.Data));
        }

        Assert.Equal(lines, Read(bytes, [.. Enumerable.Range(0, bytes.Length)]).Select(frame => frame.Data));
    }

    [Fact]
    public void The_extents_cover_the_same_bytes_for_every_split()
    {
        var stream = "{\"a\":1}\r\n\n{\"b\":2}\n  {\"c\":3}"u8.ToArray();
        var whole = Read(stream);
        Assert.Equal([(0L, 9L), (10L, 18L), (18L, 27L)], whole.Select(frame => (frame.Start, frame.End)));
        for (var at = 0; at <= stream.Length; at++)
            Assert.Equal(whole, Read(stream, at));
    }

    [Fact]
    public void A_line_longer_than_allowed_is_refused_whether_it_comes_at_once_or_in_pieces()
    {
        var stream = Encoding.UTF8.GetBytes(new string('x', 200) + "\n");
        var atOnce = new JsonLinesReader(100);
        atOnce.Feed(stream);
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Assert.Throws<CallException>(() => atOnce.TryRead(out _)).Error.Kind);

        var inPieces = new JsonLinesReader(100);
        Assert.Throws<CallException>(() =>
        {
            foreach (var value in stream)
            {
                inPieces.Feed(new[] { value });
                inPieces.TryRead(out _);
            }
        });
    }

    [Fact]
    public void Feeding_before_the_slice_is_read_is_a_mistake_that_throws()
    {
        var reader = new JsonLinesReader();
        reader.Feed("{}\n{}\n"u8.ToArray());
        Assert.Throws<InvalidOperationException>(() => reader.Feed("{}\n"u8.ToArray()));
    }

    private static List<(string Data, long Start, long End)> Read(byte[] stream, params int[] cuts)
    {
        var reader = new JsonLinesReader();
        var frames = new List<(string, long, long)>();
        var from = 0;
        foreach (var cut in cuts.Append(stream.Length))
        {
            reader.Feed(stream.AsSpan(from, cut - from).ToArray());
            from = cut;
            while (reader.TryRead(out var frame))
                frames.Add((Encoding.UTF8.GetString(frame.Data), reader.FrameStart, reader.FrameEnd));
        }

        if (reader.Finish(out var last))
            frames.Add((Encoding.UTF8.GetString(last.Data), reader.FrameStart, reader.FrameEnd));
        Assert.Equal(stream.Length, frames.Count == 0 ? stream.Length : reader.ConsumedEnd);
        return frames;
    }
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class SseFrameReaderTests
{
    /// <summary>Each with the frames it holds, written as <c>event|data</c>.</summary>
    public static TheoryData<string, string[]> Streams => new()
    {
        { "data: a\n\ndata: b\n\n", ["|a", "|b"] },
        { "data:a\r\n\r\ndata:b\r\n\r\n", ["|a", "|b"] },
        { "data: a\r\rdata: b\r\r", ["|a", "|b"] },
        { "data: a\r\n\ndata: b\n\r\n", ["|a", "|b"] },
        { "data: 1\ndata: 2\ndata: 3\n\n", ["|1\n2\n3"] },
        { "data: 1\r\ndata:\r\ndata: 3\r\n\r\n", ["|1\n\n3"] },
        { ": comment\n\ndata: a\n\n: ping\n\n", ["|a"] },
        { ": comment\ndata: a\n: more\n\n", ["|a"] },
        { "event: error\ndata: {}\n\n", ["error|{}"] },
        { "event: ping\n\ndata: a\n\n", ["|a"] },
        { "id: 7\nretry: 3\ndata: a\nunknown: x\nno colon\n\n", ["|a"] },
        { "data:  two spaces\n\n", ["| two spaces"] },
        { "data\n\n", ["|"] },
        { "data:\n\n", ["|"] },
        { "database: x\n\ndata: a\n\n", ["|a"] },
        { "\uFEFFdata: a\n\n", ["|a"] },
        { "\uFEFF\n\ndata: a\n\n", ["|a"] },
        { "\n\n\r\n\rdata: a\n\n\n\n\ndata: b\n\n", ["|a", "|b"] },
        { "data: grüße 🚂\n\n", ["|grüße 🚂"] },
        { "data: last", ["|last"] },
        { "data: last\n", ["|last"] },
        { "data: a\n\ndata: last\r", ["|a", "|last"] },
        { "data: [DONE]\n\n", ["|[DONE]"] },
        { "data: a\n\n{\"error\":\r\n{}}", ["|a", "|{\"error\":\r\n{}}"] },
        { "\uFEFF{\"error\":{}}\n\ndata: b\n\n", ["|{\"error\":{}}\n\n", "|b"] },
        { "error: {\"code\":500}\n\n", ["error| {\"code\":500}\n\n"] },
        { "{\"note\":1}\ndata: a\n\nerror: {}\nevent: x\ndata: b\n\n", ["|a", "x|b"] },
        { "error: busy\n\n{\"cut\":\n\n{no JSON}\n\ndata: a\n\n", ["|a"] },
        { "", [] },
        { ": only a comment", [] },
    };

    [Covers("E1")]
    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_gives_its_frames_whatever_its_line_ends(string stream, string[] frames) =>
        Assert.Equal(frames, Read(Encoding.UTF8.GetBytes(stream)).Select(frame => frame.Text));

    [Covers("E2")]
    [Theory]
    [MemberData(nameof(Streams))]
    public void The_frames_are_the_same_for_every_split(string stream, string[] frames)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
                Assert.Equal(frames, Read(bytes, first, second).Select(frame => frame.Text));
        }

        Assert.Equal(frames, Read(bytes, [.. Enumerable.Range(0, bytes.Length)]).Select(frame => frame.Text));
    }

    [Fact]
    public void Removing_the_extents_of_a_frame_leaves_the_rest_of_the_stream_byte_for_byte()
    {
        var stream = ": hello\n\ndata: a\n\n: note\ndata: b\r\n\r\nevent: x\ndata: c\n\n"u8.ToArray();
        var frames = Read(stream);
        Assert.Equal(3, frames.Count);
        var b = frames[1];
        var left = stream[..(int)b.Start].Concat(stream[(int)b.End..]).ToArray();
        Assert.Equal(": hello\n\ndata: a\n\nevent: x\ndata: c\n\n", Encoding.UTF8.GetString(left));
    }

    [Fact]
    public void The_extents_cover_the_same_bytes_for_every_split()
    {
        var stream = ": hello\n\ndata: a\n\ndata: b\ndata: c\n\n: x\n\ndata: d\n\n"u8.ToArray();
        var whole = Read(stream).Select(frame => (frame.Start, frame.End)).ToList();
        for (var at = 0; at <= stream.Length; at++)
            Assert.Equal(whole, Read(stream, at).Select(frame => (frame.Start, frame.End)));
    }

    [Fact]
    public void A_frame_behind_a_byte_order_mark_begins_after_it()
    {
        var stream = "\uFEFFdata: a\n\ndata: b\n\n"u8.ToArray();
        for (var at = 0; at <= stream.Length; at++)
            Assert.Equal([(3L, 12L), (12L, 21L)], Read(stream, at).Select(frame => (frame.Start, frame.End)));
    }

    [Fact]
    public void A_frame_longer_than_allowed_is_refused_whether_it_comes_at_once_or_in_pieces()
    {
        var stream = Encoding.UTF8.GetBytes($"data: {new string('x', 200)}\n\n");
        var atOnce = new SseFrameReader(100);
        atOnce.Feed(stream);
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Assert.Throws<CallException>(() => atOnce.TryRead(out _)).Error.Kind);

        var inPieces = new SseFrameReader(100);
        var thrown = Assert.Throws<CallException>(() =>
        {
            foreach (var value in stream)
            {
                inPieces.Feed(new[] { value });
                inPieces.TryRead(out _);
            }
        });
        Assert.Equal(CallErrorKind.UpstreamUnavailable, thrown.Error.Kind);
    }

    [Fact]
    public void Frames_that_lie_inside_one_slice_cost_no_allocation()
    {
        var stream = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: {\"x\":1}\n\n", 100)));
        var reader = new SseFrameReader();
        Drain(reader, stream);
        var count = 0;
        Assert.Equal(0, Allocations.Fewest(() => count = Drain(reader, stream)));
        Assert.Equal(100, count);
    }

    [Fact]
    public void Feeding_before_the_slice_is_read_is_a_mistake_that_throws()
    {
        var reader = new SseFrameReader();
        reader.Feed("data: a\n\n"u8.ToArray());
        Assert.Throws<InvalidOperationException>(() => reader.Feed("data: b\n\n"u8.ToArray()));
    }

    internal static List<ReadFrame> Read(byte[] stream, params int[] cuts)
    {
        var reader = new SseFrameReader();
        var frames = new List<ReadFrame>();
        var from = 0;
        foreach (var cut in cuts.Append(stream.Length))
        {
            // A fresh array for each slice shows that nothing points into an old one.
            reader.Feed(stream.AsSpan(from, cut - from).ToArray());
            from = cut;
            while (reader.TryRead(out var frame))
                frames.Add(new ReadFrame(frame, reader));
        }

        if (reader.Finish(out var last))
            frames.Add(new ReadFrame(last, reader));
        return frames;
    }

    private static int Drain(SseFrameReader reader, byte[] stream)
    {
        reader.Feed(stream);
        var count = 0;
        while (reader.TryRead(out _))
            count++;
        return count;
    }

    internal sealed record ReadFrame(string Event, string Data, long Start, long End)
    {
        public ReadFrame(StreamFrame frame, SseFrameReader reader)
            : this(Encoding.UTF8.GetString(frame.EventName), Encoding.UTF8.GetString(frame.Data), reader.FrameStart, reader.FrameEnd)
        {
        }

        public string Text => $"{Event}|{Data}";
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Switchyard.Egress.Answers;
using Xunit;

namespace Switchyard.Tests.Egress.Answers;

/// <summary>The bytes of a stream between reading and forwarding, with hidden frames, for any cuts.</summary>
public sealed class FrameBufferTests
{
    [Fact]
    public void Bytes_pass_only_up_to_what_was_passed()
    {
        using var buffer = new FrameBuffer();
        Read(buffer, "one;tw");
        Assert.True(buffer.Take().IsEmpty);
        buffer.Pass(4);

        Assert.Equal("one;", Text(buffer.Take()));
        Assert.True(buffer.Take().IsEmpty);
        Assert.Equal(2, buffer.Length);
        Read(buffer, "o;");
        buffer.Pass(8);
        Assert.Equal("two;", Text(buffer.Take()));
    }

    [Fact]
    public void A_hidden_frame_is_left_out_wherever_it_stands()
    {
        foreach (var hidden in new[] { 0, 1, 2 })
        {
            using var buffer = new FrameBuffer();
            Read(buffer, "aaa;bbb;ccc;");
            buffer.Hide(hidden * 4, (hidden * 4) + 4);
            buffer.Pass(12);
            Assert.Equal("aaa;bbb;ccc;".Remove(hidden * 4, 4), Drain(buffer));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_byte_order_mark_is_left_out_with_the_first_frame_or_without_it(bool hidesFirst)
    {
        using var buffer = new FrameBuffer();
        Read(buffer, "\uFEFFaaa;bbb;");
        buffer.HideMark();
        if (hidesFirst)
            buffer.Hide(3, 7);
        buffer.Pass(11);
        Assert.Equal(hidesFirst ? "bbb;" : "aaa;bbb;", Drain(buffer));
    }

    [Fact]
    public void Nothing_is_left_out_where_there_is_no_mark_or_it_was_returned()
    {
        using var buffer = new FrameBuffer();
        Read(buffer, "aaa;");
        buffer.HideMark();
        buffer.Pass(4);
        Assert.Equal("aaa;", Text(buffer.Take()));
        Read(buffer, "\uFEFF");
        buffer.HideMark();
        buffer.PassAll();
        Assert.Equal("\uFEFF", Drain(buffer));
    }

    [Fact]
    public void A_frame_that_is_longer_than_the_buffer_grows_it()
    {
        using var buffer = new FrameBuffer();
        var frame = new string('x', 100_000);
        for (var i = 0; i < frame.Length; i += 1000)
            Read(buffer, frame.Substring(i, 1000));
        buffer.Pass(frame.Length);

        Assert.Equal(frame, Drain(buffer));
    }

    [Fact]
    public void All_that_was_read_may_be_passed_at_the_end()
    {
        using var buffer = new FrameBuffer();
        Read(buffer, "no end of frame");
        buffer.PassAll();
        Assert.Equal("no end of frame", Drain(buffer));
    }

    [Fact]
    public void It_may_be_disposed_twice()
    {
        var buffer = new FrameBuffer();
        buffer.Dispose();
        buffer.Dispose();
    }

    /// <summary>
    /// Frames of any length, some hidden, read in pieces of any length, taken at any time: the output is the frames that are not hidden,
    /// in order, and a piece never ends within a frame.
    /// </summary>
    [Fact]
    public void What_comes_out_is_what_went_in_without_the_hidden_frames()
    {
        var frames = Gen.Zip(Gen.Choose(1, 6000), Gen.Elements(true, false, false)).ArrayOf().Where(list => list.Length > 0);
        var cuts = Gen.Choose(1, 3000).ArrayOf().Where(list => list.Length > 0);
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Zip(frames, cuts).ToArbitrary(), input => Behaves(input.Item1, input.Item2)));
    }

    private static bool Behaves((int Length, bool Hidden)[] frames, int[] cuts)
    {
        var written = new StringBuilder();
        var ends = new List<(int End, bool Hidden)>();
        for (var i = 0; i < frames.Length; i++)
        {
            written.Append((char)('a' + (i % 26)), frames[i].Length - 1).Append(';');
            ends.Add((written.Length, frames[i].Hidden));
        }

        var bytes = Encoding.ASCII.GetBytes(written.ToString());
        var (position, cut, next, start) = (0, 0, 0, 0);
        var output = new StringBuilder();
        using var buffer = new FrameBuffer();
        while (position < bytes.Length)
        {
            var space = buffer.GetSpace();
            var count = Math.Min(Math.Min(cuts[cut++ % cuts.Length], bytes.Length - position), space.Length);
            bytes.AsSpan(position, count).CopyTo(space.Span);
            buffer.Advance(count);
            position += count;
            for (; next < ends.Count && ends[next].End <= position; next++)
            {
                if (ends[next].Hidden)
                    buffer.Hide(start, ends[next].End);
                start = ends[next].End;
            }

            buffer.Pass(start);
            while (buffer.Take() is { IsEmpty: false } piece)
            {
                output.Append(Text(piece));
                if (piece.Span[^1] != (byte)';')
                    return false;
            }
        }

        var wanted = string.Concat(
            ends.Select((end, i) => end.Hidden ? "" : written.ToString(i == 0 ? 0 : ends[i - 1].End, frames[i].Length)));
        return output.ToString() == wanted;
    }

    private static void Read(FrameBuffer buffer, string text)
    {
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpace().Span));
    }

    private static string Drain(FrameBuffer buffer)
    {
        var text = new StringBuilder();
        while (buffer.Take() is { IsEmpty: false } piece)
            text.Append(Text(piece));
        return text.ToString();
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

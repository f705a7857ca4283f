using System.Buffers.Binary;
using System.Text;
using Switchyard.Calls;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

public sealed class EventStreamTests
{
    // Both made with AWS's own library.
    private const string MessageStart =
        "000000760000005296d5fade0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d747970650700106170706c69636174"
        + "696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22726f6c65223a22617373697374616e74227d6fa8c599";

    private const string Throttled =
        "0000008800000061de0175f40f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d74797065"
        + "0700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22736c6f7720646f"
        + "776e227d832ee072";

    private static readonly byte[] s_both = Convert.FromHexString(MessageStart + Throttled);

    private static readonly string[] s_frames =
    [
        "messageStart|{\"role\":\"assistant\"}", "!throttlingException|{\"message\":\"slow down\"}",
    ];

    [Fact]
    public void Messages_are_read_as_they_were_written()
    {
        Assert.Equal(s_frames, Wire.Frames(s_both));
        Assert.Equal(
            s_both,
            Wire.Stream(
                Wire.Event("messageStart", """{"role":"assistant"}"""),
                Wire.Exception("throttlingException", """{"message":"slow down"}""")));
    }

    [Covers("E3")]
    [Fact]
    public void The_frames_are_the_same_for_every_two_splits()
    {
        for (var first = 0; first <= s_both.Length; first++)
        {
            for (var second = first; second <= s_both.Length; second += 3)
                Assert.Equal(s_frames, Wire.Frames(s_both, first, second));
        }

        Assert.Equal(s_frames, Wire.Frames(s_both, [.. Enumerable.Range(0, s_both.Length)]));
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found()
    {
        for (var at = 0; at < s_both.Length; at++)
        {
            var damaged = (byte[])s_both.Clone();
            damaged[at] ^= 1;
            var error = Assert.Throws<CallException>(() => Wire.Frames(damaged));
            Assert.Equal(CallErrorKind.UpstreamUnavailable, error.Error.Kind);
        }
    }

    [Fact]
    public void A_stream_that_ends_inside_a_message_is_an_error()
    {
        for (var length = 1; length < MessageStart.Length / 2; length++)
            Assert.Throws<CallException>(() => Wire.Frames(s_both[..length]));
    }

    [Theory]
    [InlineData(15u, 0u)]
    [InlineData(0xFFFFFFFFu, 0u)]
    [InlineData(64u, 60u)]
    [InlineData(64u, 0xFFFFFFF0u)]
    [InlineData(40_000_000u, 10u)]
    public void An_impossible_length_is_refused_before_it_is_waited_for(uint total, uint headers)
    {
        var message = new byte[64];
        BinaryPrimitives.WriteUInt32BigEndian(message, total);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), headers);
        Assert.Throws<CallException>(() => Wire.Frames(Wire.Seal(message)));
    }

    [Fact]
    public void Headers_of_every_type_are_passed_over()
    {
        byte[] headers =
        [
            1, (byte)'a', 0, 1, (byte)'b', 1, 1, (byte)'c', 2, 9, 1, (byte)'d', 3, 0, 9, 1, (byte)'e', 4, 0, 0, 0, 9, 1, (byte)'f', 5, 0, 0,
            0, 0, 0, 0, 0, 9,
            1, (byte)'g', 6, 0, 2, 9, 9, 1, (byte)'h', 8, 0, 0, 0, 0, 0, 0, 0, 9, 1, (byte)'i', 9, .. new byte[16],
            11, .. Encoding.UTF8.GetBytes(":event-type"), 7, 0, 1, (byte)'x',
        ];
        Assert.Equal(["x|{}"], Wire.Frames(WithHeaders(headers)));
        // An unknown type has an unknown length: the data after it cannot be found.
        Assert.Throws<CallException>(() => Wire.Frames(WithHeaders([1, (byte)'a', 10, 0])));
        Assert.Throws<CallException>(() => Wire.Frames(WithHeaders([200, (byte)'a'])));
        Assert.Throws<CallException>(() => Wire.Frames(WithHeaders([1, (byte)'a', 7, 0, 200, 1])));
    }

    [Covers("E4")]
    [Fact]
    public void An_error_message_is_an_exception_whose_text_comes_from_its_header() =>
        Assert.Equal(
            ["!InternalServerException|{\"message\":\"it \\\"broke\\\"\"}"],
            Wire.Frames(Wire.Message(
                [(":message-type", "error"), (":error-code", "InternalServerException"), (":error-message", "it \"broke\"")], "")));

    [Fact]
    public void The_next_slice_is_not_taken_before_the_last_is_read()
    {
        var reader = new EventStreamReader();
        reader.Feed(s_both);
        Assert.Throws<InvalidOperationException>(() => reader.Feed(s_both));
    }

    private static byte[] WithHeaders(byte[] headers)
    {
        var message = new byte[12 + headers.Length + 2 + 4];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)message.Length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), (uint)headers.Length);
        headers.CopyTo(message, 12);
        "{}"u8.CopyTo(message.AsSpan(12 + headers.Length));
        return Wire.Seal(message);
    }
}

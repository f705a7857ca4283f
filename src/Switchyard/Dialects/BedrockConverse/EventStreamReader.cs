using System.Buffers.Binary;
using System.IO.Hashing;
using Switchyard.Calls;
using Switchyard.Dialects.Framing;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Reads messages of <c>application/vnd.amazon.eventstream</c> from byte slices cut anywhere. A message states its length and carries two
/// checksums: one of its first eight bytes, so that a damaged length is found before it is used, and one of all of it.
/// </summary>
/// <remarks>A message that lies inside one slice is read in place; only what a slice leaves unfinished is copied.</remarks>
internal sealed class EventStreamReader : SliceReader
{
    private const int PreludeLength = 12;
    private const int ChecksumLength = 4;
    private const int MaxHeaders = 128 * 1024;
    private const int MaxPayload = 24 * 1024 * 1024;

    public override long ConsumedEnd => FrameEnd;

    public override bool TryRead(out StreamFrame frame)
    {
        frame = default;
        // The held bytes begin a message; only the bytes it lacks are added.
        if (HeldLength > 0)
            return HoldUpTo(PreludeLength) && HoldUpTo(ReadPrelude(Held)) && Take(Release(), out frame);

        var rest = Slice[Position..];
        if (rest.Length >= PreludeLength && ReadPrelude(rest) is var whole && rest.Length >= whole)
        {
            Position += whole;
            return Take(rest[..whole], out frame);
        }

        HoldUpTo(int.MaxValue);
        return false;
    }

    public override bool Finish(out StreamFrame frame)
    {
        frame = default;
        if (HeldLength == 0)
            return false;
        Release();
        throw new CallException(
            CallErrorKind.StreamInterrupted, "The provider ended its stream in the middle of a message.");
    }

    private bool Take(ReadOnlySpan<byte> message, out StreamFrame frame)
    {
        FrameEnd = SliceOffset + Position;
        FrameStart = FrameEnd - message.Length;
        var body = message[..^ChecksumLength];
        if (Crc32.HashToUInt32(body) != BinaryPrimitives.ReadUInt32BigEndian(message[^ChecksumLength..]))
            throw Damaged("holds a message whose checksum is wrong");
        var headersLength = (int)BinaryPrimitives.ReadUInt32BigEndian(message[4..]);
        var headers = new EventStreamHeaders(body.Slice(PreludeLength, headersLength));
        if (!headers.IsValid)
            throw Damaged("holds a message whose headers cannot be read");
        frame = headers.ToFrame(body[(PreludeLength + headersLength)..]);
        return true;
    }

    /// <summary>The length of the message that begins here, after checking the checksum of its prelude.</summary>
    private static int ReadPrelude(ReadOnlySpan<byte> message)
    {
        if (Crc32.HashToUInt32(message[..8]) != BinaryPrimitives.ReadUInt32BigEndian(message[8..]))
            throw Damaged("holds a message whose prelude's checksum is wrong");
        var total = BinaryPrimitives.ReadUInt32BigEndian(message);
        var headers = BinaryPrimitives.ReadUInt32BigEndian(message[4..]);
        if (headers > MaxHeaders || total < headers + PreludeLength + ChecksumLength
            || total - headers - PreludeLength - ChecksumLength > MaxPayload)
        {
            throw Damaged("holds a message of an impossible length");
        }

        return (int)total;
    }

    /// <summary>Moves bytes of the slice to the held bytes until these have the wanted length.</summary>
    /// <returns>True if they have it.</returns>
    private bool HoldUpTo(int wanted)
    {
        var rest = Slice[Position..];
        var taken = rest[..Math.Min(rest.Length, Math.Max(0, wanted - HeldLength))];
        Hold(taken);
        Position += taken.Length;
        return HeldLength >= wanted;
    }

    private static CallException Damaged(string how) => new(CallErrorKind.UpstreamUnavailable, $"The provider's stream {how}.");
}

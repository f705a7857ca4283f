using System.Buffers.Binary;
using System.Text;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>The headers of one event stream message: name, type of value, value, one after the other.</summary>
internal readonly ref struct EventStreamHeaders
{
    private const byte TextType = 7;

    private readonly ReadOnlySpan<byte> _messageType;
    private readonly ReadOnlySpan<byte> _name;
    private readonly ReadOnlySpan<byte> _errorMessage;

    public EventStreamHeaders(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var nameLength = bytes[0];
            if (bytes.Length < nameLength + 2)
                return;
            var name = bytes.Slice(1, nameLength);
            var type = bytes[1 + nameLength];
            bytes = bytes[(2 + nameLength)..];
            if (!TryTakeValue(type, ref bytes, out var value))
                return;
            if (type != TextType)
                continue;
            if (name.SequenceEqual(":message-type"u8))
                _messageType = value;
            else if (name.SequenceEqual(":event-type"u8) || name.SequenceEqual(":exception-type"u8) || name.SequenceEqual(":error-code"u8))
                _name = value;
            else if (name.SequenceEqual(":error-message"u8))
                _errorMessage = value;
        }

        IsValid = true;
    }

    /// <summary>Whether all of them could be read.</summary>
    public bool IsValid { get; }

    /// <summary>
    /// The message as a frame. An error, which has its text in a header instead of a payload, gets the payload an exception would have.
    /// </summary>
    public StreamFrame ToFrame(ReadOnlySpan<byte> payload)
    {
        if (_messageType.SequenceEqual("error"u8))
        {
            if (payload.IsEmpty)
            {
                payload = Encoding.UTF8.GetBytes($$"""{"message":{{WireJson.ToJson(Encoding.UTF8.GetString(_errorMessage))}}}""");
            }

            return new StreamFrame(_name, payload, isException: true);
        }

        return new StreamFrame(_name, payload, _messageType.SequenceEqual("exception"u8));
    }

    private static bool TryTakeValue(byte type, scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> value)
    {
        value = default;
        var prefix = 0;
        int length;
        switch (type)
        {
            case 0 or 1: // true, false
                length = 0;
                break;
            case 2: // a byte
                length = 1;
                break;
            case 3: // 16 bits
                length = 2;
                break;
            case 4: // 32 bits
                length = 4;
                break;
            case 5 or 8: // 64 bits, a time
                length = 8;
                break;
            case 6 or TextType:
                if (bytes.Length < 2)
                    return false;
                prefix = 2;
                length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
                break;
            case 9: // a UUID
                length = 16;
                break;
            default:
                return false;
        }

        if (bytes.Length < prefix + length)
            return false;
        value = bytes.Slice(prefix, length);
        bytes = bytes[(prefix + length)..];
        return true;
    }
}

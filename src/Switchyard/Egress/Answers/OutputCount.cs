using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Egress.Answers;

/// <summary>
/// The approximate number of characters in a forwarded stream, used if its provider counts no tokens. The first frames are read, and then
/// one of sixteen, which stands for those between: the text cannot be told from the length of a frame, because providers pad frames.
/// </summary>
internal struct OutputCount
{
    /// <summary>The number of frames at the beginning that are all read: a short answer is counted exactly.</summary>
    private const int ReadAtFirst = 8;

    /// <summary>Of the later frames, one of 16 is read. Reading one takes less than a microsecond.</summary>
    private const int Step = 16;

    private int _frames;
    private int _readLater;
    private long _first;
    private long _later;

    /// <summary>The approximate number of characters.</summary>
    public readonly long Characters =>
        _readLater == 0 ? _first : _first + (long)((double)_later / _readLater * (_frames - ReadAtFirst));

    /// <summary>
    /// The number of characters in contents of a decoded answer, for the client, in thought or to tools: its provider bills all of it.
    /// </summary>
    /// <param name="contents">The contents.</param>
    /// <param name="inPieces">Whether calls come in pieces: then those are counted, and not the whole call after them.</param>
    public static long Of(IList<AIContent> contents, ref bool inPieces)
    {
        var said = 0L;
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i])
            {
                case TextContent text:
                    said += text.Text.Length;
                    break;
                case TextReasoningContent reasoning:
                    said += reasoning.Text.Length;
                    break;
                case ToolCallFragment piece:
                    inPieces = true;
                    said += (piece.Name?.Length ?? 0) + piece.Arguments.Length;
                    break;
                case FunctionCallContent call when !inPieces:
                    said += call.Name.Length + LengthOf(call.Arguments);
                    break;
            }
        }

        return said;
    }

    /// <summary>The number of characters in a whole decoded answer.</summary>
    public static long Of(ChatResponse answer)
    {
        var (said, inPieces) = (0L, false);
        foreach (var message in answer.Messages)
            said += Of(message.Contents, ref inPieces);
        return said;
    }

    /// <summary>Counts a frame with content.</summary>
    public void Add(ReadOnlySpan<byte> frame)
    {
        if (_frames++ < ReadAtFirst)
        {
            _first += FrameText.LengthOf(frame);
        }
        else if ((_frames - ReadAtFirst) % Step == 1)
        {
            _later += FrameText.LengthOf(frame);
            _readLater++;
        }
    }

    private static long LengthOf(IDictionary<string, object?>? arguments)
    {
        // The quotes, the colon and the comma.
        const int Around = 4;
        var length = 0L;
        if (arguments is null)
            return length;
        foreach (var (name, value) in arguments)
        {
            length += name.Length + Around + value switch
            {
                string text => text.Length,
                JsonElement { ValueKind: not JsonValueKind.Undefined } json => JsonMarshal.GetRawUtf8Value(json).Length,
                _ => Around,
            };
        }

        return length;
    }
}

using System.Buffers;
using System.Text;
using Switchyard.Dialects;
using Switchyard.Dialects.Json;

namespace Switchyard.Naming;

/// <summary>
/// Replaces the model's name in the bytes of an answer, which is JSON or a stream of events with JSON, from pieces that end anywhere: in a
/// character, in the name, between CR and LF. Nothing is decoded and nothing is held back; bytes that are no JSON pass unchanged.
/// </summary>
/// <remarks>
/// Only a name that is a string is replaced, and only if its key is written without escapes, as every server writes it. Not thread-safe;
/// one belongs to one answer.
/// </remarks>
internal sealed class ModelSplice
{
    // The longest key looked for has 12 bytes (modelVersion).
    private const int LongestKey = 16;

    private static readonly SearchValues<byte> s_nearTop = SearchValues.Create("\"{}[],"u8);
    private static readonly SearchValues<byte> s_below = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> s_inText = SearchValues.Create("\"\\"u8);

    private readonly bool _isStream;
    private readonly byte[] _name;
    private readonly byte[] _member;
    private readonly byte[]? _parent;
    private readonly byte[] _key = new byte[LongestKey];
    private readonly ArrayBufferWriter<byte> _output = new();

    // Of the JSON value.
    private int _depth;
    private bool _isObject;      // its top level is an object
    private bool _isInParent;    // the object on the second level is the one that holds the name
    private bool _expectsKey;
    private Text _text;
    private bool _isEscaped;
    private int _keyLength;
    private Key _last;

    // Of the events.
    private Line _line;
    private int _matched;
    private bool _afterReturn;

    // Of the piece.
    private int _copied;
    private bool _isChanged;

    /// <param name="place">Where answers of the format name the model.</param>
    /// <param name="isStream">Whether the bytes are a stream of events.</param>
    /// <param name="name">The name to write.</param>
    public ModelSplice(AnswerModelPlace place, bool isStream, string name)
    {
        _isStream = isStream;
        _name = WireJson.Quote(name);
        _member = Encoding.UTF8.GetBytes(place.Member);
        _parent = isStream && place.StreamParent is { } parent ? Encoding.UTF8.GetBytes(parent) : null;
    }

    /// <summary>What the string that is being read is.</summary>
    private enum Text
    {
        None,
        Other,
        Key,
        Name,
    }

    /// <summary>Which key was read last, of those that matter.</summary>
    private enum Key
    {
        Other,
        Parent,
        Member,
    }

    /// <summary>Where in a line of the stream of events the bytes are.</summary>
    private enum Line
    {
        Field,
        Skipped,
        Data,
    }

    private static ReadOnlySpan<byte> DataField => "data:"u8;

    /// <summary>Replaces the name in the next bytes.</summary>
    /// <returns>
    /// The bytes to send: those given if there is nothing to replace in them; perhaps none, if they end inside the name. Valid until the
    /// next call.
    /// </returns>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> bytes)
    {
        _output.ResetWrittenCount();
        (_copied, _isChanged) = (0, _text == Text.Name);
        if (_isStream)
            ReadLines(bytes.Span);
        else
            ReadJson(bytes.Span, 0, bytes.Length);
        if (!_isChanged)
            return bytes;
        if (_text != Text.Name)
            _output.Write(bytes.Span[_copied..]);
        return _output.WrittenMemory;
    }

    private void ReadLines(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            if (_line == Line.Field)
            {
                ReadField(bytes[at++]);
                continue;
            }

            var length = bytes[at..].IndexOfAny((byte)'\n', (byte)'\r');
            var end = length < 0 ? bytes.Length : at + length;
            if (_line == Line.Data)
                ReadJson(bytes, at, end);
            at = end;
            if (at == bytes.Length)
                return;
            // No string goes on in another line: the event is broken, but its lines must stay.
            if (_text == Text.Name)
                (_text, _copied) = (Text.None, at);
            EndLine(bytes[at++]);
        }
    }

    /// <summary>Reads one byte at the beginning of a line.</summary>
    private void ReadField(byte next)
    {
        var isPaired = _afterReturn && next == (byte)'\n';
        _afterReturn = false;
        if (isPaired)
            return;
        if (next is (byte)'\n' or (byte)'\r')
        {
            // A blank line ends the event. Of an empty field only its line ends.
            if (_matched == 0)
                BeginJson();
            EndLine(next);
        }
        else if (next == DataField[_matched])
        {
            if (++_matched == DataField.Length)
                _line = Line.Data;
        }
        else if (_matched > 0 || next < 0x80)
        {
            // A byte order mark before the first line belongs to no field.
            _line = Line.Skipped;
        }
    }

    private void EndLine(byte end) => (_line, _matched, _afterReturn) = (Line.Field, 0, end == (byte)'\r');

    private void BeginJson()
    {
        (_depth, _isObject, _isInParent, _expectsKey) = (0, false, false, false);
        (_text, _isEscaped, _last) = (Text.None, false, Key.Other);
    }

    private void ReadJson(ReadOnlySpan<byte> bytes, int at, int end)
    {
        while (at < end)
        {
            if (_text != Text.None)
            {
                at = ReadText(bytes, at, end);
                continue;
            }

            // Commas matter only between members of the upper levels; a vector has thousands.
            var found = bytes[at..end].IndexOfAny(_depth > 2 ? s_below : s_nearTop);
            if (found < 0)
                return;
            at += found;
            ReadMark(bytes, at);
            at++;
        }
    }

    private void ReadMark(ReadOnlySpan<byte> bytes, int at)
    {
        switch (bytes[at])
        {
            case (byte)'"':
                _keyLength = 0;
                _text = _expectsKey ? Text.Key : IsNameNext ? Text.Name : Text.Other;
                if (_text == Text.Name)
                {
                    _output.Write(bytes[_copied..at]);
                    _output.Write(_name);
                    _isChanged = true;
                }

                break;
            case (byte)'{' or (byte)'[':
                Enter(isObject: bytes[at] == (byte)'{');
                break;
            case (byte)'}' or (byte)']':
                (_depth, _expectsKey, _last) = (Math.Max(0, _depth - 1), false, Key.Other);
                _isInParent &= _depth > 1;
                break;
            default:
                _last = Key.Other;
                _expectsKey = HasKeys;
                break;
        }
    }

    /// <summary>Whether the members of the level that is being read matter.</summary>
    private bool HasKeys => (_depth == 1 && _isObject) || (_depth == 2 && _isInParent);

    private bool IsNameNext => _last == Key.Member && _depth == (_parent is null ? 1 : 2);

    private void Enter(bool isObject)
    {
        _depth++;
        if (_depth == 1)
            _isObject = isObject;
        else if (_depth == 2)
            _isInParent = isObject && _last == Key.Parent;
        _last = Key.Other;
        _expectsKey = isObject && HasKeys;
    }

    /// <summary>Reads a string up to its end or that of the piece.</summary>
    /// <returns>The position after what was read.</returns>
    private int ReadText(ReadOnlySpan<byte> bytes, int at, int end)
    {
        if (_isEscaped)
        {
            // An escape is never part of the keys looked for.
            (_isEscaped, _keyLength) = (false, LongestKey + 1);
            return at + 1;
        }

        var length = bytes[at..end].IndexOfAny(s_inText);
        var stop = length < 0 ? end : at + length;
        if (_text == Text.Key)
            KeepKey(bytes[at..stop]);
        if (length < 0)
            return end;
        if (bytes[stop] == (byte)'\\')
        {
            _isEscaped = true;
            return stop + 1;
        }

        EndText(stop);
        return stop + 1;
    }

    private void KeepKey(ReadOnlySpan<byte> part)
    {
        if (_keyLength + part.Length <= LongestKey)
            part.CopyTo(_key.AsSpan(_keyLength));
        _keyLength = Math.Min(LongestKey + 1, _keyLength + part.Length);
    }

    private void EndText(int quote)
    {
        if (_text == Text.Key)
        {
            var key = _keyLength > LongestKey ? default : _key.AsSpan(0, _keyLength);
            _last = _depth == 1 && _parent is not null
                ? (key.SequenceEqual(_parent) ? Key.Parent : Key.Other)
                : (key.SequenceEqual(_member) ? Key.Member : Key.Other);
            _expectsKey = false;
        }
        else if (_text == Text.Name)
        {
            (_copied, _last) = (quote + 1, Key.Other);
        }

        _text = Text.None;
    }
}

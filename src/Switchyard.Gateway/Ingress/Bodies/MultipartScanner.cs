using System.Buffers;
using System.Text;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// An incremental parser of <c>multipart/form-data</c>: finds the fields that are not files, with their positions, and checks that the
/// form is well formed. It buffers small fields only, no files. The result does not depend on how reads divide the bytes. Not thread-safe.
/// </summary>
internal sealed class MultipartScanner
{
    /// <summary>The longest value of a field that is kept, 64 KiB; no field of the envelope is longer.</summary>
    public const int LongestValue = 64 * 1024;

    private const int MostHeaderBytes = 16 * 1024;
    private const int MostParts = 1000;

    // "\n--boundary". The carriage return before it is checked separately, so that a boundary after a bare line feed is found and rejected.
    private readonly byte[] _delimiter;
    private readonly List<FormField> _fields = [];
    private readonly ArrayBufferWriter<byte> _kept = new();
    private State _state = State.Preamble;
    private int _matched = 1;
    private byte _last = (byte)'\r';
    private bool _afterReturn = true;
    private long _position;
    private long _valueStart;
    private int _parts;
    private bool _keeps;
    private PartHeaders _headers = new();
    private string _name = "";

    /// <param name="boundary">The boundary as the content type names it.</param>
    public MultipartScanner(string boundary) => _delimiter = Encoding.ASCII.GetBytes("\n--" + boundary);

    private enum State
    {
        Preamble,
        AfterDelimiter,
        Headers,
        Body,
        End,
    }

    /// <summary>The fields that are not files and have been read to their end, in order.</summary>
    public IReadOnlyList<FormField> Fields => _fields;

    /// <summary>The field <c>model</c>; null until it has been read to its end.</summary>
    public FormField? Model { get; private set; }

    /// <summary>The offset of the first boundary, after any preamble.</summary>
    public long Start { get; private set; }

    /// <summary>Reads the next bytes.</summary>
    /// <exception cref="Switchyard.Calls.CallException">The form is malformed, or has the field model, stream or n twice.</exception>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            at = _state switch
            {
                State.Body => ReadBody(bytes, at),
                State.Preamble => ReadPreamble(bytes[at], at),
                State.AfterDelimiter => ReadAfterDelimiter(bytes[at], at),
                State.Headers => ReadHeader(bytes, at),
                _ => ReadEpilogue(bytes[at], at),
            };
        }

        _position += bytes.Length;
    }

    /// <summary>Called at the end of the body.</summary>
    /// <exception cref="Switchyard.Calls.CallException">The last boundary is missing.</exception>
    public void Finish()
    {
        if (_state != State.End)
            throw MultipartErrors.Broken("it ends before its last boundary");
    }

    private int ReadPreamble(byte value, int at)
    {
        if (value == _delimiter[_matched])
        {
            if (++_matched == _delimiter.Length)
            {
                Start = _position + at + 2 - _delimiter.Length;
                BeginPart();
            }
        }
        else if (_matched <= 1 && value is (byte)'\r' or (byte)'\n')
            _matched = value == (byte)'\n' ? 1 : 0;
        else
            throw MultipartErrors.Broken("it does not begin with its boundary");
        return at + 1;
    }

    private int ReadAfterDelimiter(byte value, int at)
    {
        _kept.Write([value]);
        var line = _kept.WrittenSpan;
        if (line.SequenceEqual("--"u8))
        {
            _state = State.End;
        }
        else if (value == (byte)'\n' && line.TrimStart(" \t"u8).SequenceEqual("\r\n"u8))
        {
            _kept.ResetWrittenCount();
            _headers = new PartHeaders();
            _state = State.Headers;
        }
        else if (line.Length > 70 || value == (byte)'\n' || !IsPadding(line))
        {
            throw MultipartErrors.Broken("something follows a boundary on its line");
        }

        return at + 1;
    }

    private static bool IsPadding(ReadOnlySpan<byte> line) =>
        line.SequenceEqual("-"u8) || line.TrimStart(" \t"u8) is [] or [(byte)'\r'];

    private int ReadHeader(ReadOnlySpan<byte> bytes, int at)
    {
        var end = bytes[at..].IndexOf((byte)'\n');
        var piece = end < 0 ? bytes[at..] : bytes.Slice(at, end + 1);
        _kept.Write(piece);
        if (_kept.WrittenCount > MostHeaderBytes)
            throw MultipartErrors.Broken("a part's header is too long");
        if (end < 0)
            return bytes.Length;

        var line = _kept.WrittenSpan;
        if (!line.EndsWith("\r\n"u8))
            throw MultipartErrors.Broken("a part's header does not end in a carriage return and a line feed");
        if (line.Length > 2)
            _headers.Take(line[..^2]);
        else
            BeginBody(at + piece.Length);
        _kept.ResetWrittenCount();
        return at + piece.Length;
    }

    private void BeginBody(int at)
    {
        _name = _headers.Complete(IsOnce);
        if (IsOnce(_name) && _fields.Exists(field => field.Name == _name))
            throw MultipartErrors.Duplicate(_name);
        _state = State.Body;
        _valueStart = _position + at;
        _keeps = !_headers.IsFile;
        // The value may be empty: the next boundary may follow the blank line at once.
        (_matched, _afterReturn, _last) = (1, true, (byte)'\n');
    }

    private int ReadBody(ReadOnlySpan<byte> bytes, int at)
    {
        var start = at;
        while (at < bytes.Length)
        {
            if (_matched > 0 && bytes[at] == _delimiter[_matched])
            {
                at++;
                if (++_matched < _delimiter.Length)
                    continue;
                Keep(bytes[start..at]);
                EndPart(_position + at);
                return at;
            }

            if (_matched > 0)
                (_last, _matched) = (_delimiter[_matched - 1], 0);
            var found = bytes[at..].IndexOf((byte)'\n');
            if (found < 0)
            {
                _last = bytes[^1];
                at = bytes.Length;
                break;
            }

            _afterReturn = (found > 0 ? bytes[at + found - 1] : _last) == (byte)'\r';
            at += found + 1;
            _matched = 1;
        }

        Keep(bytes[start..at]);
        return at;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (!_keeps)
            return;
        if (_kept.WrittenCount + bytes.Length <= LongestValue + _delimiter.Length + 1)
        {
            _kept.Write(bytes);
            return;
        }

        if (IsOnce(_name))
            throw MultipartErrors.NotAField(_name, "the value is too long");
        _keeps = false;
        _kept.ResetWrittenCount();
    }

    private void EndPart(long end)
    {
        if (!_afterReturn)
            throw MultipartErrors.Broken("a boundary is not on a line of its own");
        var length = (int)Math.Max(0, Math.Min(end - _delimiter.Length - 1 - _valueStart, int.MaxValue));
        if (_keeps)
        {
            var value = Encoding.UTF8.GetString(_kept.WrittenSpan[..length]);
            var field = new FormField(_name, value, _valueStart, length);
            if (IsOnce(_name) && value.Contains('\uFFFD', StringComparison.Ordinal))
                throw MultipartErrors.NotAField(_name, "the value is not valid UTF-8");
            _fields.Add(field);
            if (_name == "model")
                Model = field;
        }

        BeginPart();
    }

    private void BeginPart()
    {
        if (++_parts > MostParts)
            throw MultipartErrors.Broken($"it has more than {MostParts} parts");
        _kept.ResetWrittenCount();
        _keeps = false;
        _state = State.AfterDelimiter;
    }

    private static int ReadEpilogue(byte value, int at) => value is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'
        ? at + 1
        : throw MultipartErrors.Broken("something follows its last boundary");

    /// <summary>Whether a field must not be repeated: of two, we could use one and the provider the other.</summary>
    private static bool IsOnce(string name) => name is "model" or "stream" or "n";
}

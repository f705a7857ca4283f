using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Switchyard.Common;

namespace Switchyard.Caching;

/// <summary>
/// Collects the parts of a hash. Each part is preceded by its length, so that two different sequences of parts never give the same bytes.
/// Not thread-safe.
/// </summary>
internal sealed class KeyWriter : IDisposable
{
    private const int Missing = -1;

    private readonly PooledWriter _output = new();

    /// <summary>Adds a text; null differs from an empty text.</summary>
    public KeyWriter Add(string? text)
    {
        if (text is null)
            return Add(Missing);
        var length = Encoding.UTF8.GetByteCount(text);
        Add(length);
        _output.Advance(Encoding.UTF8.GetBytes(text, _output.GetSpan(length)));
        return this;
    }

    /// <summary>Adds a number.</summary>
    public KeyWriter Add(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_output.GetSpan(sizeof(int)), number);
        _output.Advance(sizeof(int));
        return this;
    }

    /// <summary>Adds bytes.</summary>
    public KeyWriter Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _output.Write(bytes);
        return this;
    }

    /// <summary>Adds the current token of a JSON reader: a text by its value, however it is escaped.</summary>
    /// <exception cref="InvalidOperationException">A text is invalid: half of a surrogate pair.</exception>
    public void AddToken(ref Utf8JsonReader reader)
    {
        var kind = _output.GetSpan(1);
        kind[0] = (byte)reader.TokenType;
        _output.Advance(1);
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName or JsonTokenType.String when reader.ValueIsEscaped:
                // Its length is known only after it was written.
                var length = (int)(reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length);
                var space = _output.GetSpan(sizeof(int) + length);
                var written = reader.CopyString(space[sizeof(int)..]);
                BinaryPrimitives.WriteInt32LittleEndian(space, written);
                _output.Advance(sizeof(int) + written);
                break;
            case JsonTokenType.PropertyName or JsonTokenType.String or JsonTokenType.Number:
                Add(reader.ValueSpan);
                break;
        }
    }

    /// <summary>Adds the JSON that a function writes.</summary>
    public void AddJson(Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(_output);
        write(json);
    }

    /// <summary>The hash of all that was added.</summary>
    public AnswerKey Hash()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_output.Written.Span, hash);
        return AnswerKey.From(hash);
    }

    public void Dispose() => _output.Dispose();
}

using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.OpenAIChat;

namespace Switchyard.Stored;

/// <summary>
/// Adds up what the lines of a batch's output say of tokens, while its bytes pass by: each line is an answer with its <c>model</c> and
/// <c>usage</c>. It holds one line at most, and a part of one only where that arrives in several pieces. Not thread-safe.
/// </summary>
/// <param name="longestLine">The longest line that is read, in bytes; one that is longer is passed over and counted.</param>
internal sealed class BatchOutput(int longestLine = BatchOutput.LongestLine) : IDisposable
{
    /// <summary>8 MiB: an answer with several images, or a long one with its probabilities.</summary>
    public const int LongestLine = 8 * 1024 * 1024;

    /// <summary>The most models that are told apart. A batch usually has one.</summary>
    private const int MostModels = 64;

    private const int FirstBuffer = 64 * 1024;

    private readonly Dictionary<string, TokenUsage> _models = new(StringComparer.Ordinal);
    private byte[] _line = [];
    private int _length;
    private bool _isTooLong;

    // The lines of a batch nearly always name the same model: it is made a string once.
    private string _lastModel = "";

    /// <summary>What was used, by the model that the answers name; empty text where they name none.</summary>
    public IReadOnlyDictionary<string, TokenUsage> Models => _models;

    /// <summary>How many lines were passed over: too long, no JSON, or of one model too many.</summary>
    public int PassedOver { get; private set; }

    /// <summary>Reads the next bytes. It never throws for what they are.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            if (_length == 0 && !_isTooLong && end <= longestLine)
            {
                Take(bytes[..end]);
            }
            else
            {
                Keep(bytes[..end]);
                End();
            }

            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Takes what has come since the last end of a line for a line. Called at the end of the output.</summary>
    public void End()
    {
        if (_isTooLong)
            PassedOver++;
        else
            Take(_line.AsSpan(0, _length));
        (_length, _isTooLong) = (0, false);
    }

    public void Dispose() => Use([]);

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_isTooLong)
            return;
        var needed = (long)_length + part.Length;
        if (needed > longestLine)
        {
            (_length, _isTooLong) = (0, true);
            return;
        }

        if (needed > _line.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max((int)needed, Math.Max(FirstBuffer, Math.Min(_line.Length * 2, longestLine))));
            _line.AsSpan(0, _length).CopyTo(larger);
            Use(larger);
        }

        part.CopyTo(_line.AsSpan(_length));
        _length = (int)needed;
    }

    private void Use(byte[] buffer)
    {
        (var before, _line) = (_line, buffer);
        if (before.Length > 0)
            ArrayPool<byte>.Shared.Return(before);
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty)
            return;
        try
        {
            Add(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is no JSON, or a text in it is no Unicode.
            PassedOver++;
        }
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        // One that was refused has an error there and no answer, and cost nothing.
        if (!Find(ref reader, "response"u8) || !Find(ref reader, "body"u8) || reader.TokenType != JsonTokenType.StartObject)
            return;
        var (model, usage) = ("", default(TokenUsage));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isModel, isUsage) = (reader.ValueTextEquals("model"u8), reader.ValueTextEquals("usage"u8));
            reader.Read();
            if (isUsage)
                usage = UsageReader.Read(ref reader);
            else if (isModel && reader.TokenType == JsonTokenType.String)
                model = reader.ValueTextEquals(_lastModel) ? _lastModel : ModelNames.Shown(reader.GetString()!);
            else
                reader.Skip();
        }

        if (usage.Total is not > 0)
            return;
        _lastModel = model;
        if (_models.TryGetValue(model, out var before) || _models.Count < MostModels)
            _models[model] = Sum(before, usage);
        else
            PassedOver++;
    }

    /// <summary>Moves to the value of a member of the object that the reader stands on; false where there is none.</summary>
    private static bool Find(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMember = reader.ValueTextEquals(member);
            reader.Read();
            if (isMember)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static TokenUsage Sum(in TokenUsage one, in TokenUsage other) => new()
    {
        Input = TokenUsage.Sum(one.Input, other.Input),
        Output = TokenUsage.Sum(one.Output, other.Output),
        CacheRead = TokenUsage.Sum(one.CacheRead, other.CacheRead),
        CacheWrite = TokenUsage.Sum(one.CacheWrite, other.CacheWrite),
        CacheWriteHour = TokenUsage.Sum(one.CacheWriteHour, other.CacheWriteHour),
        Reasoning = TokenUsage.Sum(one.Reasoning, other.Reasoning),
        InputAudio = TokenUsage.Sum(one.InputAudio, other.InputAudio),
        OutputAudio = TokenUsage.Sum(one.OutputAudio, other.OutputAudio),
        WebSearches = TokenUsage.Sum(one.WebSearches, other.WebSearches),
        FileSearches = TokenUsage.Sum(one.FileSearches, other.FileSearches),
    };
}

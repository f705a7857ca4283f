using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Dialects.Shared;

namespace Switchyard.Stored;

/// <summary>
/// Sums the tokens in the lines of a batch's output while its bytes are forwarded: each line is an answer with its <c>model</c> and
/// <c>usage</c>. Holds at most one line, and only if it arrives in several pieces. Not thread-safe.
/// </summary>
/// <param name="longestLine">The longest line that is read, in bytes; a longer one is skipped and counted.</param>
/// <param name="isOfMessages">Whether it is the results of a batch of messages.</param>
internal sealed class BatchOutput(int longestLine = BatchOutput.LongestLine, bool isOfMessages = false) : IDownloadOutput
{
    /// <summary>8 MiB: an answer with several images, or a long one with its probabilities.</summary>
    public const int LongestLine = 8 * 1024 * 1024;

    /// <summary>The maximum number of distinct models. A batch usually has one.</summary>
    private const int MostModels = 64;

    /// <summary>The maximum number of web searches in one sum: a <see cref="TokenUsage"/> holds few more.</summary>
    private const int MostSearches = 60_000;

    private const int FirstBuffer = 64 * 1024;

    private readonly Dictionary<string, BatchSum> _models = new(StringComparer.Ordinal);

    // A batch may have 100,000 requests, each with several searches: the searches of one sum would be cut off.
    private readonly List<KeyValuePair<string, BatchSum>> _full = [];
    private byte[] _line = [];
    private int _length;
    private bool _isTooLong;

    // The lines of a batch nearly always name the same model, so its string is created once.
    private string _lastModel = "";

    /// <summary>The sums by the model named in the answers; empty text if they name none.</summary>
    public IReadOnlyDictionary<string, BatchSum> Models => _models;

    /// <summary>The same with the sums before them, of models with more web searches than one sum can have.</summary>
    public IReadOnlyCollection<KeyValuePair<string, BatchSum>> All => [.. _full, .. _models];

    /// <summary>The number of skipped lines: too long, not JSON, or of one model too many.</summary>
    public int PassedOver { get; private set; }

    /// <inheritdoc/>
    /// <remarks>Each line has usage of its own.</remarks>
    public bool IsKnown => false;

    /// <inheritdoc/>
    public bool MayReadOn() => true;

    void IDownloadOutput.Read(ReadOnlyMemory<byte> bytes) => Read(bytes.Span);

    /// <summary>Reads the next bytes. Never throws because of their content.</summary>
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

    /// <summary>Reads the rest after the last line end as a line. Called at the end of the output.</summary>
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
            // It is not JSON, or a text in it is not valid Unicode.
            PassedOver++;
        }
    }

    private void Add(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(WireJson.WithoutMark(line), AnswerScan.ReaderOptions);
        reader.Read();
        // A refused request has an error there instead of an answer, and cost nothing.
        if (!Find(ref reader, isOfMessages ? "result"u8 : "response"u8) || !Find(ref reader, isOfMessages ? "message"u8 : "body"u8)
            || reader.TokenType != JsonTokenType.StartObject)
            return;
        var (model, usage) = ("", default(TokenUsage));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isModel, isUsage) = (reader.ValueTextEquals("model"u8), reader.ValueTextEquals("usage"u8));
            reader.Read();
            if (isUsage)
                usage = isOfMessages ? CountsOf(ref reader) : UsageReader.Read(ref reader);
            else if (isModel && reader.TokenType == JsonTokenType.String)
                model = reader.ValueTextEquals(_lastModel) ? _lastModel : ModelNames.Shown(reader.GetString()!);
            else
                reader.Skip();
        }

        if (usage.Total is not > 0)
            return;
        _lastModel = model;
        if (!_models.TryGetValue(model, out var before) && _models.Count == MostModels)
        {
            PassedOver++;
            return;
        }

        if (before.Usage.WebSearches is { } searches && searches + (usage.WebSearches ?? 0) > MostSearches)
        {
            _full.Add(new(model, before));
            before = default;
        }

        _models[model] = before.Plus(usage);
    }

    /// <summary>The usage of a message, whose input excludes what is in the cache.</summary>
    private static TokenUsage CountsOf(ref Utf8JsonReader reader)
    {
        var counts = default(UsageCounts);
        counts.Take(ref reader);
        return counts.Usage;
    }

    /// <summary>Moves to the value of a member of the reader's current object; false if there is none.</summary>
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
}

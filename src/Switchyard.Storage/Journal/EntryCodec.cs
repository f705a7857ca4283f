using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Journal;

/// <summary>
/// Entries of the ledger as bytes: numbers little-endian, texts with their length before them. The first byte is the version. Counts of
/// tool uses are at the end, if there are any: an older reader that does not know them ignores these bytes.
/// </summary>
internal static class EntryCodec
{
    private const byte Version = 1;

    /// <summary>The most bytes that an entry takes.</summary>
    public static int MaxSizeOf(LedgerEntry entry)
    {
        var size = 320;
        foreach (var text in Texts.Of(entry))
            size += 4 + Encoding.UTF8.GetMaxByteCount(text?.Length ?? 0);
        foreach (var budget in entry.Budgets)
            size += 4 + Encoding.UTF8.GetMaxByteCount(budget.Length);
        return size;
    }

    /// <summary>Writes an entry, and returns the number of bytes written.</summary>
    public static int Write(LedgerEntry entry, Span<byte> output)
    {
        var writer = new Writer(output);
        writer.Add(Version);
        entry.Call.TryWriteBytes(writer.Take(16));
        writer.Add(entry.Attempt);
        writer.Add(entry.StartedAt.ToUnixTimeMilliseconds());
        writer.Add(entry.Duration.Ticks);
        writer.Add((byte)entry.Outcome);
        foreach (var text in Texts.Of(entry))
            writer.Add(text);
        var usage = entry.Usage;
        foreach (var count in (ReadOnlySpan<long?>)
            [
                usage.Input, usage.Output, usage.CacheRead, usage.CacheWrite, usage.CacheWriteHour, usage.Reasoning, usage.InputAudio,
                usage.OutputAudio,
            ])
            writer.Add(count ?? -1);
        writer.Add((byte)(entry.IsEstimate ? 1 : 0));
        var cost = entry.Cost;
        foreach (var part in (ReadOnlySpan<long>)
            [
                cost.Input, cost.Output, cost.CacheRead, cost.CacheWrite, cost.Reasoning, cost.InputAudio, cost.OutputAudio, cost.Request,
            ])
            writer.Add(part);
        writer.Add((byte)entry.Unpriced);
        writer.Add(entry.WorstCase);
        writer.Add(entry.Budgets.Count);
        foreach (var budget in entry.Budgets)
            writer.Add(budget);
        if (usage.WebSearches is not null || usage.FileSearches is not null)
        {
            writer.Add(usage.WebSearches ?? -1);
            writer.Add(usage.FileSearches ?? -1);
        }

        return writer.Length;
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an entry, or of a newer version.</exception>
    public static LedgerEntry Read(ReadOnlySpan<byte> input)
    {
        var reader = new Reader(input);
        if (reader.Byte() != Version)
            throw new InvalidDataException("The journal was written by a newer version.");
        var call = new Guid(reader.Take(16));
        var attempt = reader.Int();
        var started = DateTimeOffset.FromUnixTimeMilliseconds(reader.Long());
        var duration = TimeSpan.FromTicks(reader.Long());
        var outcome = (LedgerOutcome)reader.Byte();
        var entry = new LedgerEntry
        {
            Call = call,
            Attempt = attempt,
            StartedAt = started,
            Duration = duration,
            Outcome = outcome,
            RequestId = reader.Text() ?? "",
            Key = reader.Text(),
            Tenant = reader.Text(),
            EndUser = reader.Text(),
            Session = reader.Text(),
            Tag = reader.Text(),
            Alias = reader.Text() ?? "",
            Provider = reader.Text() ?? "",
            Model = reader.Text() ?? "",
            Operation = reader.Text() ?? "",
            PriceVersion = reader.Text(),
            Usage = ReadUsage(ref reader),
            IsEstimate = reader.Byte() != 0,
            Cost = ReadCost(ref reader),
            Unpriced = (Unpriced)reader.Byte(),
            WorstCase = reader.Long(),
        };
        var budgets = new string[Math.Clamp(reader.Int(), 0, 1000)];
        for (var i = 0; i < budgets.Length; i++)
            budgets[i] = reader.Text() ?? "";
        if (reader.IsAtEnd)
            return entry with { Budgets = budgets };
        var usage = entry.Usage with { WebSearches = reader.Count(), FileSearches = reader.Count() };
        return entry with { Budgets = budgets, Usage = usage };
    }

    private static TokenUsage ReadUsage(ref Reader reader) => new()
    {
        Input = reader.Count(),
        Output = reader.Count(),
        CacheRead = reader.Count(),
        CacheWrite = reader.Count(),
        CacheWriteHour = reader.Count(),
        Reasoning = reader.Count(),
        InputAudio = reader.Count(),
        OutputAudio = reader.Count(),
    };

    private static TokenCost ReadCost(ref Reader reader) => new()
    {
        Input = reader.Long(),
        Output = reader.Long(),
        CacheRead = reader.Long(),
        CacheWrite = reader.Long(),
        Reasoning = reader.Long(),
        InputAudio = reader.Long(),
        OutputAudio = reader.Long(),
        Request = reader.Long(),
    };

    /// <summary>An entry's texts in the order in which they are written, without an array on the heap.</summary>
    [InlineArray(11)]
    private struct Texts
    {
        private string? _first;

        public static Texts Of(LedgerEntry entry)
        {
            var texts = default(Texts);
            ReadOnlySpan<string?> written =
            [
                entry.RequestId, entry.Key, entry.Tenant, entry.EndUser, entry.Session, entry.Tag, entry.Alias, entry.Provider, entry.Model,
                entry.Operation, entry.PriceVersion,
            ];
            written.CopyTo(texts);
            return texts;
        }
    }

    private ref struct Writer(Span<byte> output)
    {
        private readonly Span<byte> _output = output;

        public int Length { get; private set; }

        public Span<byte> Take(int length)
        {
            var taken = _output.Slice(Length, length);
            Length += length;
            return taken;
        }

        public void Add(byte value) => Take(1)[0] = value;

        public void Add(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

        public void Add(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

        public void Add(string? text)
        {
            if (text is null)
            {
                Add(-1);
                return;
            }

            var length = Encoding.UTF8.GetBytes(text, _output[(Length + 4)..]);
            Add(length);
            Length += length;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> input)
    {
        private ReadOnlySpan<byte> _rest = input;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public ReadOnlySpan<byte> Take(int length)
        {
            if ((uint)length > (uint)_rest.Length)
                throw new InvalidDataException("An entry of the journal is cut off.");
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        public byte Byte() => Take(1)[0];

        public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

        public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public long? Count() => Long() is >= 0 and var count ? count : null;

        public string? Text() => Int() is >= 0 and var length ? Encoding.UTF8.GetString(Take(length)) : null;
    }
}

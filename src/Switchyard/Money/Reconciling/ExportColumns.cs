using System.Globalization;
using Switchyard.Canonical;

namespace Switchyard.Money.Reconciling;

/// <summary>The content of a column of an export.</summary>
internal enum ExportColumn
{
    Day,
    Model,
    LineItem,
    Input,
    UncachedInput,
    CacheRead,
    CacheWrite,
    Output,
    InputAudio,
    OutputAudio,
    Requests,
    Dollars,
    Cents,
}

/// <summary>The known columns, by their names in providers' exports and in ours.</summary>
internal static class ExportColumns
{
    private static readonly Dictionary<string, ExportColumn> s_known = new(StringComparer.OrdinalIgnoreCase);

    static ExportColumns()
    {
        Add(ExportColumn.Day, "day", "date", "start_time_iso", "start_time", "starting_at", "usage_date_utc", "usage_date", "timestamp");
        Add(ExportColumn.Model, "model", "model_version", "model_name", "model_id");
        Add(ExportColumn.LineItem, "line_item");
        Add(ExportColumn.Input, "input_tokens", "prompt_tokens", "n_context_tokens_total");
        Add(ExportColumn.UncachedInput, "uncached_input_tokens", "usage_input_tokens_no_cache");
        Add(
            ExportColumn.CacheRead, "cache_read_tokens", "input_cached_tokens", "cached_tokens", "cache_read_input_tokens",
            "usage_input_tokens_cache_read", "n_cached_context_tokens_total");
        Add(
            ExportColumn.CacheWrite, "cache_write_tokens", "input_cache_write_tokens", "cache_creation_input_tokens",
            "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens",
            "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h");
        Add(ExportColumn.Output, "output_tokens", "completion_tokens", "usage_output_tokens", "n_generated_tokens_total");
        Add(ExportColumn.InputAudio, "input_audio_tokens");
        Add(ExportColumn.OutputAudio, "output_audio_tokens");
        Add(ExportColumn.Requests, "requests", "num_model_requests", "n_requests", "request_count");
        Add(ExportColumn.Dollars, "cost_usd", "cost", "total_cost", "amount_usd", "amount_value");
        Add(ExportColumn.Cents, "amount_cents");
    }

    /// <summary>The content of a column of this name; null if unknown.</summary>
    public static ExportColumn? Find(string name) =>
        s_known.TryGetValue(Plain(name), out var column) ? column : null;

    /// <summary>The first known name that occurs a second time; null if none does.</summary>
    public static string? FindRepeated(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return names.Select(Plain).FirstOrDefault(name => s_known.ContainsKey(name) && !seen.Add(name));
    }

    /// <summary>Creates a line from its values; null if it has no usage of a day.</summary>
    /// <param name="values">The values by column; a kind of column may occur several times.</param>
    /// <param name="where">Its position, for messages.</param>
    /// <exception cref="FormatException">A value cannot be read.</exception>
    public static ExportLine? Read(IReadOnlyList<(ExportColumn Column, string Value)> values, string where)
    {
        if (Text(ExportColumn.Day) is not { } day)
            return null;
        var (read, write, plain) = (Count(ExportColumn.CacheRead), Count(ExportColumn.CacheWrite), Count(ExportColumn.UncachedInput));
        // The whole prompt, or the three parts that make it up.
        var input = plain is null ? Count(ExportColumn.Input) : plain + (read ?? 0) + (write ?? 0);
        // A part larger than the whole is not included in it: then the whole is the uncached input.
        if (input < (read ?? 0) + (write ?? 0))
            input += (read ?? 0) + (write ?? 0);
        var cents = Amount(ExportColumn.Cents);
        var cost = Amount(ExportColumn.Dollars) ?? (cents is null ? null : cents / 100);
        var line = new ExportLine(DayOf(day, where), Text(ExportColumn.Model) ?? ModelOf(Text(ExportColumn.LineItem)) ?? "")
        {
            Usage = new TokenUsage
            {
                Input = input,
                CacheRead = read,
                CacheWrite = write,
                Output = Count(ExportColumn.Output),
                InputAudio = Count(ExportColumn.InputAudio),
                OutputAudio = Count(ExportColumn.OutputAudio),
            },
            Cost = cost,
            Requests = Count(ExportColumn.Requests),
        };
        return line.Usage.IsEmpty && line.Cost is null && line.Requests is null ? null : line;

        string? Text(ExportColumn column) =>
            values.Where(entry => entry.Column == column && entry.Value.Length > 0).Select(entry => entry.Value).FirstOrDefault();

        long? Count(ExportColumn column) => Amount(column) is { } amount ? (long)amount : null;

        decimal? Amount(ExportColumn column)
        {
            decimal? sum = null;
            foreach (var (_, value) in values.Where(entry => entry.Column == column && entry.Value.Length > 0))
            {
                var number = value.TrimStart('$');
                if (!decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var part)
                    || Math.Abs(part) > TokenUsage.MaxCount)
                    throw new FormatException($"{where}: '{value}' is not a number ({column}).");
                sum = (sum ?? 0) + part;
            }

            return sum;
        }
    }

    private static DateOnly DayOf(string text, string where)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 1e11m)
            return DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds((long)seconds).UtcDateTime);
        return WrittenTime.TryRead(text, out var time)
            // After the last year there is no next day.
            && time.Year < DateTime.MaxValue.Year
            ? DateOnly.FromDateTime(time.UtcDateTime)
            : throw new FormatException($"{where}: '{text}' is not a day. Write it in ISO 8601 (2026-11-28), or as seconds since 1970.");
    }

    private static string Plain(string name) => name.Trim().Replace(' ', '_').Replace('-', '_');

    // A line of an invoice is for a model and a class of token: "gpt-4o-mini, input".
    private static string? ModelOf(string? item) => item?.Split(',')[0].Trim();

    private static void Add(ExportColumn column, params string[] names)
    {
        foreach (var name in names)
            s_known.Add(name, column);
    }
}

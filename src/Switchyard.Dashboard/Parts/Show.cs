using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Dialects.Json;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Parts;

/// <summary>Formats figures for display. The exact values are beside them in the page's <c>data</c> elements.</summary>
internal static class Show
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    private static readonly JsonWriterOptions s_readable = new() { Encoder = WireTextEncoder.Instance };

    /// <summary>A count: <c>1,234</c>.</summary>
    public static string Count(long? count) => count?.ToString("N0", s_culture) ?? "–";

    /// <summary>US dollars, with more digits the smaller they are: <c>$0.0000002</c>, <c>$0.00042</c>, <c>$12.35</c>.</summary>
    public static string Dollars(decimal? dollars) => dollars switch
    {
        null => "–",
        0 => "$0",
        < 0 => "-" + Dollars(-dollars),
        // Embedding a short text costs less than a millionth of a dollar, which must not be shown as zero.
        < 0.000001m => "$" + dollars.Value.ToString("0.#########", s_culture),
        < 0.01m => "$" + dollars.Value.ToString("0.######", s_culture),
        < 10 => "$" + dollars.Value.ToString("0.00##", s_culture),
        _ => "$" + dollars.Value.ToString("N2", s_culture),
    };

    /// <summary>A share from 0 to 1: <c>98.7 %</c>.</summary>
    public static string Share(double? share) => share is { } known ? known.ToString("0.#%", s_culture).Replace("%", " %") : "–";

    /// <summary>Milliseconds: <c>830 ms</c>, <c>2.4 s</c>.</summary>
    public static string Milliseconds(double? milliseconds) => milliseconds is { } known ? Span(TimeSpan.FromMilliseconds(known)) : "–";

    /// <summary>A time span in its two largest units: <c>3 d 4 h</c>, <c>2.4 s</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1000 } => string.Create(s_culture, $"{span.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 60 } => string.Create(s_culture, $"{span.TotalSeconds:0.0} s"),
        { TotalMinutes: < 60 } => string.Create(s_culture, $"{(int)span.TotalMinutes} min {span.Seconds} s"),
        { TotalHours: < 24 } => string.Create(s_culture, $"{(int)span.TotalHours} h {span.Minutes} min"),
        _ => string.Create(s_culture, $"{(int)span.TotalDays} d {span.Hours} h"),
    };

    /// <summary>Tokens per second: <c>62.5</c>, <c>1,250</c>.</summary>
    public static string Speed(double tokens) => tokens.ToString(tokens < 100 ? "0.#" : "N0", s_culture);

    /// <summary>Bytes: <c>3.2 MB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => string.Create(s_culture, $"{bytes} B"),
        < 1_000_000 => string.Create(s_culture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(s_culture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(s_culture, $"{bytes / 1e9:0.##} GB"),
    };

    /// <summary>A moment, in UTC: <c>2026-11-28 14:03:09</c>.</summary>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", s_culture) ?? "–";

    /// <summary>The time of a day, in UTC: <c>14:03</c>.</summary>
    public static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm", s_culture);

    /// <summary>A period in the syntax of the search for calls: <c>since:… until:…</c>.</summary>
    public static string During(DateTimeOffset from, TimeSpan length) =>
        string.Create(s_culture, $"since:{from.UtcDateTime:yyyy-MM-ddTHH:mmZ} until:{(from + length).UtcDateTime:yyyy-MM-ddTHH:mmZ}");

    /// <summary>The address of the calls of one value of a filter, such as a model, a key or a tenant.</summary>
    public static string CallsOf(string filter, string value) => $"calls?q={Uri.EscapeDataString(CallFinder.WordOf(filter, value))}";

    /// <summary>
    /// JSON as its author would write it, with <c>&lt;</c> and emoji unescaped: pages show it as text. Null for null.
    /// </summary>
    public static string? Json(JsonNode? json)
    {
        if (json is null)
            return null;
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, s_readable))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>A figure in a form that programs can parse.</summary>
    public static string Exact(IFormattable? value) => value?.ToString(null, s_culture) ?? "";
}

using System.Buffers;
using System.Globalization;
using System.Text;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// Writes entries as CSV (RFC 4180) for spreadsheets; text chosen by clients (names, tags) is never taken for a formula. Only the current
/// row is in memory.
/// </summary>
public static class UsageCsv
{
    private const string Missing = "N/A";

    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n");

    private static readonly (string Name, Func<LedgerEntry, string?> Of)[] s_columns =
    [
        ("Timestamp", entry => entry.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        ("Provider", entry => Text(entry.Provider)),
        ("Model", entry => Text(entry.Model)),
        ("Input Tokens", entry => Number(entry.Usage.Input)),
        ("Output Tokens", entry => Number(entry.Usage.Output)),
        ("Cost", entry => IsPriced(entry) ? entry.Cost.Dollars.ToString("0.000000", CultureInfo.InvariantCulture) : null),
        ("Request ID", entry => Text(entry.RequestId)),
        ("Cost (nano-USD)", entry => Nano(entry, entry.Cost.Total)),
        ("Call", entry => entry.Call.ToString()),
        ("Attempt", entry => Number(entry.Attempt)),
        ("Outcome", entry => entry.Outcome.ToString().ToLowerInvariant()),
        ("Unpriced", entry => IsPriced(entry) ? "" : NameOf(entry.Unpriced)),
        ("Estimated", entry => entry.IsEstimate ? "yes" : "no"),
        ("Key", entry => entry.Key),
        ("Tenant", entry => entry.Tenant),
        ("End User", entry => entry.EndUser),
        ("Session", entry => entry.Session),
        ("Tag", entry => entry.Tag),
        ("Alias", entry => entry.Alias),
        ("Operation", entry => entry.Operation),
        ("Duration (ms)", entry => Number((long)entry.Duration.TotalMilliseconds)),
        ("Cache Read Tokens", entry => Number(entry.Usage.CacheRead)),
        ("Cache Write Tokens", entry => Number(entry.Usage.CacheWrite)),
        ("Cache Write 1h Tokens", entry => Number(entry.Usage.CacheWriteHour)),
        ("Reasoning Tokens", entry => Number(entry.Usage.Reasoning)),
        ("Input Audio Tokens", entry => Number(entry.Usage.InputAudio)),
        ("Output Audio Tokens", entry => Number(entry.Usage.OutputAudio)),
        ("Input Cost (nano-USD)", entry => Nano(entry, entry.Cost.Input)),
        ("Output Cost (nano-USD)", entry => Nano(entry, entry.Cost.Output)),
        ("Cache Read Cost (nano-USD)", entry => Nano(entry, entry.Cost.CacheRead)),
        ("Cache Write Cost (nano-USD)", entry => Nano(entry, entry.Cost.CacheWrite)),
        ("Reasoning Cost (nano-USD)", entry => Nano(entry, entry.Cost.Reasoning)),
        ("Input Audio Cost (nano-USD)", entry => Nano(entry, entry.Cost.InputAudio)),
        ("Output Audio Cost (nano-USD)", entry => Nano(entry, entry.Cost.OutputAudio)),
        ("Request Cost (nano-USD)", entry => Nano(entry, entry.Cost.Request)),
        ("Price Version", entry => entry.PriceVersion),
        ("Web Searches", entry => Number(entry.Usage.WebSearches)),
        ("File Searches", entry => Number(entry.Usage.FileSearches)),
    ];

    /// <summary>The header line, without line end.</summary>
    public static string Header { get; } = string.Join(',', s_columns.Select(column => column.Name));

    /// <summary>Writes the header and a line for each entry. Unknown values are <c>N/A</c>, not 0.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="output">The output; UTF-8 without a byte order mark. It stays open.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static async Task WriteAsync(IAsyncEnumerable<LedgerEntry> entries, Stream output, CancellationToken cancellationToken)
    {
        var writer = new StreamWriter(output, new UTF8Encoding(false), bufferSize: 16 * 1024, leaveOpen: true);
        await WriteAsync(entries, writer, cancellationToken).ConfigureAwait(false);
        // Not in a using block: after a failure, disposing would send the buffered rest as if complete.
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc cref="WriteAsync(IAsyncEnumerable{LedgerEntry}, Stream, CancellationToken)"/>
    public static async Task WriteAsync(IAsyncEnumerable<LedgerEntry> entries, TextWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(output);
        var rows = entries.GetAsyncEnumerator(cancellationToken);
        await using (rows.ConfigureAwait(false))
        {
            // Read before anything is written, so that an unavailable ledger is still a plain failure.
            var has = await rows.MoveNextAsync().ConfigureAwait(false);
            var line = new StringBuilder(Header).Append("\r\n");
            await output.WriteAsync(line, cancellationToken).ConfigureAwait(false);
            for (; has; has = await rows.MoveNextAsync().ConfigureAwait(false))
            {
                line.Clear();
                foreach (var (_, of) in s_columns)
                    Append(line, of(rows.Current));
                line[^1] = '\r';
                line.Append('\n');
                await output.WriteAsync(line, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Append(StringBuilder line, string? value)
    {
        var text = value ?? Missing;
        // A spreadsheet runs text with such a first character as a formula; the apostrophe marks it as text.
        var unsafeStart = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
        if (unsafeStart || text.AsSpan().ContainsAny(s_quoted))
            line.Append('"').Append(unsafeStart ? "'" : "").Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            line.Append(text);
        line.Append(',');
    }

    private static bool IsPriced(LedgerEntry entry) => entry.Unpriced == Unpriced.None;

    private static string? Nano(LedgerEntry entry, long nano) => IsPriced(entry) ? Number(nano) : null;

    private static string? Text(string text) => text.Length > 0 ? text : null;

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string NameOf(Unpriced why) => why switch
    {
        Unpriced.NoPrice => "no price",
        Unpriced.NoRate => "no rate",
        Unpriced.NoUsage => "no usage",
        _ => "other unit",
    };
}

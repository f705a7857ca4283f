using System.Text;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Entries as CSV for a spreadsheet.</summary>
public sealed class UsageCsvTests
{
    private static readonly LedgerEntry s_entry = new()
    {
        Call = Guid.Parse("01900000-0000-7000-8000-000000000001"),
        RequestId = "req-1",
        StartedAt = new DateTimeOffset(2026, 11, 28, 13, 10, 0, 5, TimeSpan.FromHours(1)),
        Outcome = LedgerOutcome.Finished,
        Alias = "fast",
        Provider = "openai",
        Model = "gpt-4o-mini",
        Operation = "chat",
        Usage = new TokenUsage { Input = 1000, Output = 500 },
        Cost = new TokenCost { Input = 150_000, Output = 300_499 },
    };

    [Fact]
    [Covers("S003-71")]
    public async Task The_first_columns_are_those_every_reader_of_costs_knows()
    {
        var lines = await LinesAsync(s_entry);

        Assert.StartsWith(
            "Timestamp,Provider,Model,Input Tokens,Output Tokens,Cost,Request ID,Cost (nano-USD),", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(
            "2026-11-28T12:10:00.005Z,openai,gpt-4o-mini,1000,500,0.000450,req-1,450499,", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines[0].Split(',').Length, lines[1].Split(',').Length);
    }

    [Fact]
    [Covers("S003-71")]
    public async Task What_is_not_known_is_not_0()
    {
        var lines = await LinesAsync(s_entry with
        {
            Model = "", RequestId = "", Usage = default, Cost = default, Unpriced = Unpriced.NoUsage, Outcome = LedgerOutcome.Unknown,
        });

        Assert.StartsWith(
            "2026-11-28T12:10:00.005Z,openai,N/A,N/A,N/A,N/A,N/A,N/A,01900000-0000-7000-8000-000000000001,0,unknown,no usage,no,N/A,",
            lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@x", "\"'@x\"")]
    [InlineData("\tx", "\"'\tx\"")]
    [InlineData("\rx", "\"'\rx\"")]
    [InlineData("plain", "plain")]
    [Covers("S003-71")]
    public async Task What_a_client_chose_is_text_to_a_spreadsheet(string tag, string cell) =>
        Assert.Contains($",{cell},fast,chat,", await TextAsync(s_entry with { Tag = tag }), StringComparison.Ordinal);

    [Fact]
    [Covers("S003-71")]
    public async Task However_many_entries_there_are_only_one_is_asked_for_at_a_time()
    {
        var asked = 0;
        var counting = new CountingStream();

        await UsageCsv.WriteAsync(Entries(), counting, TestContext.Current.CancellationToken);

        Assert.Equal(20_000, asked);
        Assert.InRange(counting.Largest, 1, 64 * 1024);

        async IAsyncEnumerable<LedgerEntry> Entries()
        {
            for (; asked < 20_000; asked++)
            {
                // All earlier entries have been written, except for one buffer.
                Assert.True(counting.Written > (asked * 150L) - 100_000);
                yield return s_entry;
            }

            await Task.CompletedTask;
        }
    }

    private static async Task<string[]> LinesAsync(LedgerEntry entry) => (await TextAsync(entry)).Split("\r\n");

    private static async Task<string> TextAsync(LedgerEntry entry)
    {
        using var output = new MemoryStream();
        await UsageCsv.WriteAsync(new[] { entry }.ToAsyncEnumerable(), output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Written { get; private set; }

        public int Largest { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            Largest = Math.Max(Largest, buffer.Length);
            return default;
        }
    }
}

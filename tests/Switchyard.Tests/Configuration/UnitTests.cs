using FsCheck;
using FsCheck.Fluent;
using Switchyard.Configuration.Binding;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class UnitTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("5s", 5_000)]
    [InlineData(" 5 S ", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("10m", 600_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("0s", 0)]
    public void A_duration_is_a_number_and_a_unit(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 seconds")]
    [InlineData("00:00:05")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("1m30s")]
    [InlineData("0.5ms")]
    [InlineData("99999999999999999999999999999999d")]
    [InlineData("5000d")]
    public void Anything_else_is_no_duration(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("1B", 1)]
    [InlineData("256KB", 256 << 10)]
    [InlineData("256KiB", 256 << 10)]
    [InlineData("32MB", 32 << 20)]
    [InlineData("32 mib", 32 << 20)]
    [InlineData("0.5GB", 512 << 20)]
    [InlineData("1GiB", 1 << 30)]
    public void A_size_is_bytes_or_a_number_and_a_unit_of_powers_of_1024(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1MB")]
    [InlineData("1.5B")]
    [InlineData("32M")]
    [InlineData("32 megabytes")]
    [InlineData("99999999999999999999999999999999GB")]
    public void Anything_else_is_no_size(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData("5%", 0.05)]
    [InlineData(" 12.5 % ", 0.125)]
    [InlineData("0%", 0)]
    [InlineData("100%", 1)]
    public void A_share_is_a_number_and_a_percent_sign(string text, double fraction)
    {
        Assert.True(PercentText.TryParse(text, out var share));
        Assert.Equal(fraction, share);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("0.5")]
    [InlineData("-5%")]
    [InlineData("101%")]
    [InlineData("1e1%")]
    [InlineData("5 percent")]
    public void Anything_else_is_no_share(string text) => Assert.False(PercentText.TryParse(text, out _));

    [Fact]
    public void Every_share_reads_back_as_it_was_written() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), millionths =>
            PercentText.TryParse(PercentText.Format(millionths / 1e6), out var read) && Math.Abs(read - (millionths / 1e6)) < 1e-12)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Every_duration_reads_back_as_it_was_written() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), milliseconds =>
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            return DurationText.TryParse(DurationText.Format(duration), out var read) && read == duration;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_size_reads_back_as_it_was_written() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Elements(1L, 1L << 10, 1L << 18).ToArbitrary(), (count, factor) =>
            SizeText.TryParse(SizeText.Format(count * factor), out var read) && read == count * factor).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_makes_the_readers_throw() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
            (DurationText.TryParse(text ?? "", out var duration), SizeText.TryParse(text ?? "", out var size)) is var read
            && (read.Item1 || duration == default) && (read.Item2 || size == 0)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("opnai", "openai")]
    [InlineData("OpenAI", "openai")]
    [InlineData("oepnai", "openai")]
    [InlineData("grok", "groq")]
    [InlineData("base-url", "base_url")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_what_was_probably_meant(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Find(name, ["anthropic", "groq", "openai", "base_url"]));
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Common;
using Switchyard.Gateway.Logging;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The lines of the executable's log.</summary>
public sealed class ConsoleLogTests
{
    private readonly SecretRedactor _secrets = new();

    public ConsoleLogTests() => _secrets.Remember("any", ["secret-value-1"]);

    [Covers("V9")]
    [Fact]
    public void A_line_of_JSON_is_one_object_with_message_and_values()
    {
        var line = Write(json: true, "Call {RequestId} took {Milliseconds} ms", null, "r\r1", 12);

        Assert.EndsWith(Environment.NewLine, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line[..^Environment.NewLine.Length]);
        var root = JsonElement.Parse(line);
        Assert.Equal("2030-01-01T00:00:00Z", root.GetProperty("time").GetString());
        Assert.Equal("warning", root.GetProperty("level").GetString());
        Assert.Equal("Switchyard.Some", root.GetProperty("category").GetString());
        Assert.Equal(@"Call r\r1 took 12 ms", root.GetProperty("message").GetString());
        Assert.Equal(@"r\r1", root.GetProperty("values").GetProperty("RequestId").GetString());
        Assert.Equal(12, root.GetProperty("values").GetProperty("Milliseconds").GetInt32());
    }

    [Fact]
    public void A_number_is_a_number_of_JSON_whatever_its_kind()
    {
        var values = JsonElement.Parse(Write(
            json: true, "{Milliseconds} ms, {Spent} of {Limit}, {Rate}", null, 245.32, 1.50m, 7L, double.NaN)).GetProperty("values");

        Assert.Equal(245.32, values.GetProperty("Milliseconds").GetDouble());
        Assert.Equal(1.5m, values.GetProperty("Spent").GetDecimal());
        Assert.Equal(7, values.GetProperty("Limit").GetInt64());
        // JSON has no such number.
        Assert.Equal("NaN", values.GetProperty("Rate").GetString());
    }

    [Covers("H10", "Y1")]
    [Theory, InlineData(false), InlineData(true)]
    public void What_was_logged_without_care_is_masked_and_escaped_exceptions_too(bool json)
    {
        var line = Write(
            json, "Said {Words}", new InvalidOperationException("key secret-value-1\n\u001b[2J"), "secret-value-1\u2028\u202e\0");

        Assert.DoesNotContain("secret-value-1", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line.TrimEnd('\r', '\n'), letter => char.IsControl(letter) || letter is '\u2028' or '\u202e');
        Assert.Contains("***", line, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", line, StringComparison.Ordinal);
    }

    [Covers("H10")]
    [Fact]
    public void A_line_of_text_has_time_level_category_and_message() => Assert.Equal(
        $"2030-01-01T00:00:00.000Z warn: Switchyard.Some[7] Hello 1{Environment.NewLine}", Write(json: false, "Hello {Number}", null, 1));

    [Covers("H9")]
    [Fact]
    public void Lines_without_readers_are_dropped_rather_than_waited_for_and_counted()
    {
        using var output = new UnreadOutput();
        using (var provider = Provider(json: false, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            logger.LogInformation("first");
            output.Entered.Wait(TestContext.Current.CancellationToken);
            var long250 = new string('x', 250);
            for (var i = 0; i < 10_000; i++)
                logger.LogInformation("{Number} {Text}", i, long250);
            output.Reads.Set();
        }

        var lines = output.Text.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("first", lines[0], StringComparison.Ordinal);
        var told = Assert.Single(lines, line => line.Contains("lines were dropped", StringComparison.Ordinal));
        var dropped = int.Parse(told.Split("]: ", 2)[^1].Split("] ", 2)[^1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(dropped, 1, 9_999);
        Assert.Equal(10_000 + 2 - dropped, lines.Length);
    }

    [Covers("Y13")]
    [Fact]
    public void Lines_of_many_threads_come_out_whole_and_the_last_ones_before_the_end()
    {
        using var output = new MemoryStream();
        using (var provider = Provider(json: false, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            Parallel.For(0, 2_000, i => logger.LogInformation("line {Number} \U0001F682 end", i));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2_000, lines.Distinct().Count());
        Assert.All(lines, line => Assert.Matches(@"^2030-01-01T00:00:00\.000Z info: Switchyard\.Some\[0\] line \d+ \S+ end$", line));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void An_event_is_written_as_it_was_although_its_values_change_before_that(bool json)
    {
        using var output = new UnreadOutput();
        using (var provider = Provider(json, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            logger.LogInformation("first");
            output.Entered.Wait(TestContext.Current.CancellationToken);
            var name = new StringBuilder("before");
            logger.LogInformation("Name {Name}", name);
            name.Clear().Append("after");
            output.Reads.Set();
        }

        Assert.Contains("Name before", output.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("after", output.Text, StringComparison.Ordinal);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void An_event_that_cannot_be_formatted_costs_its_own_line_only(bool json)
    {
        using var output = new MemoryStream();
        using (var provider = Provider(json, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            logger.Log(LogLevel.Information, 1, new Unprintable(), null, static (_, _) => "never asked");
            logger.LogInformation("last");
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("cannot be written: NotSupportedException", lines[0], StringComparison.Ordinal);
        if (json)
            Assert.All(lines, line => Assert.Equal("information", JsonElement.Parse(line).GetProperty("level").GetString()));
        Assert.Contains("last", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_refuses_lines_for_a_while_gets_those_after_that_and_the_number_that_are_lost()
    {
        using var output = new FullOutput();
        using (var provider = Provider(json: false, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            logger.LogInformation("lost");
            Assert.True(output.Refused.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            output.IsFull = false;
            logger.LogInformation("kept");
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split(Environment.NewLine);
        // A part of the refused block was written: the next line must not continue it.
        Assert.Equal("2030-01-01", lines[0]);
        Assert.Equal("2030-01-01T00:00:00.000Z info: Switchyard.Some[0] kept", lines[1]);
        Assert.Contains(" 1 lines were dropped", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_takes_nothing_to_the_end_does_not_hold_the_end_up()
    {
        using var output = new FullOutput();
        using (var provider = Provider(json: false, output))
        {
            var logger = provider.CreateLogger("Switchyard.Some");
            logger.LogInformation("lost");
            Assert.True(output.Refused.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            logger.LogInformation("lost too");
        }

        // At most one write for each line; the line that reports dropped lines is not retried forever.
        Assert.InRange(output.Tries, 2, 3);
    }

    private LineLoggerProvider Provider(bool json, Stream output) =>
        new(json ? new JsonLines(_secrets) : new TextLines(_secrets), new TestClock(), output);

    [SuppressMessage("Usage", "CA2254", Justification = "The template is the test's.")]
    private string Write(bool json, string template, Exception? exception, params object[] values)
    {
        using var output = new MemoryStream();
        using (var provider = Provider(json, output))
            provider.CreateLogger("Switchyard.Some").Log(LogLevel.Warning, 7, exception, template, values);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    /// <summary>An output whose reader does not read until released.</summary>
    private sealed class UnreadOutput : MemoryStream
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Reads { get; } = new();

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Reads.Wait();
            base.Write(buffer);
        }
    }

    /// <summary>An output that accepts the first letters of a write and refuses the rest, as a full disk does.</summary>
    private sealed class FullOutput : MemoryStream
    {
        private volatile bool _isFull = true;
        private int _tries;

        public ManualResetEventSlim Refused { get; } = new();

        public int Tries => Volatile.Read(ref _tries);

        public bool IsFull
        {
            get => _isFull;
            set => _isFull = value;
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!IsFull)
            {
                base.Write(buffer);
                return;
            }

            Interlocked.Increment(ref _tries);
            base.Write(buffer[..Math.Min(10, buffer.Length)]);
            Refused.Set();
            throw new IOException("No space left on device");
        }
    }

    /// <summary>A log state whose formatting throws.</summary>
    private readonly struct Unprintable : IReadOnlyList<KeyValuePair<string, object?>>, ISpanFormattable
    {
        public int Count => 1;

        public KeyValuePair<string, object?> this[int index] => throw new NotSupportedException();

        public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
            throw new NotSupportedException();

        public string ToString(string? format, IFormatProvider? formatProvider) => throw new NotSupportedException();

        public override string ToString() => throw new NotSupportedException();

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => throw new NotSupportedException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Switchyard.Common;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

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
    public void Lines_that_nobody_reads_are_dropped_rather_than_waited_for()
    {
        using var services = new ServiceCollection().AddLogging(logging => logging.AddSwitchyardConsole()).BuildServiceProvider();

        Assert.Equal(
            ConsoleLoggerQueueFullMode.DropWrite,
            services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.QueueFullMode);
    }

    [SuppressMessage("Usage", "CA2254", Justification = "The template is the test's.")]
    private string Write(bool json, string template, Exception? exception, params object[] values)
    {
        using var services = new ServiceCollection().AddSingleton(_secrets).AddSingleton<TimeProvider>(new TestClock())
            .AddLogging(logging => logging.AddSwitchyardConsole(json)).BuildServiceProvider();
        var name = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName;
        var formatter = services.GetServices<ConsoleFormatter>().Single(one => one.Name == name);
        var output = new StringWriter();
        new Relay(formatter, output).Log(LogLevel.Warning, 7, exception, template, values);
        return output.ToString();
    }

    /// <summary>Hands what the framework makes of a template to a formatter.</summary>
    private sealed class Relay(ConsoleFormatter formatter, TextWriter output) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> format) =>
            formatter.Write(new LogEntry<TState>(logLevel, "Switchyard.Some", eventId, state, exception, format), null, output);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Switchyard.TestKit;

/// <summary>The log as lines of text.</summary>
public static class LoggedLines
{
    extension(FakeLogCollector log)
    {
        /// <summary>The lines, oldest first, exceptions included.</summary>
        public IReadOnlyList<(LogLevel Level, string Text)> Lines =>
            [.. log.GetSnapshot().Select(record => (record.Level, $"{record.Message} {record.Exception}".TrimEnd()))];

        /// <summary>
        /// The lines at the level error, except those about a provider's health: a test whose upstream answers nonsense makes it
        /// unhealthy on purpose.
        /// </summary>
        public IEnumerable<string> Errors => log.Lines
            .Where(line => line.Level >= LogLevel.Error && !line.Text.Contains(" unhealthy: ", StringComparison.Ordinal))
            .Select(line => line.Text);

        /// <summary>Waits for a line; returns immediately if it is there.</summary>
        /// <param name="start">How it begins.</param>
        /// <exception cref="OperationCanceledException">The line was not logged within 30 seconds.</exception>
        public async Task WaitForAsync(string start)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await foreach (var record in log.GetLogsAsync(patience.Token))
            {
                if (record.Message.StartsWith(start, StringComparison.Ordinal))
                    return;
            }
        }

        /// <summary>Waits until the given number of lines contain a text: a call's line is logged after its answer.</summary>
        /// <exception cref="OperationCanceledException">The lines were not logged within 30 seconds.</exception>
        public async Task WaitForAsync(int count, string text)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var seen = 0;
            await foreach (var record in log.GetLogsAsync(patience.Token))
            {
                if (record.Message.Contains(text, StringComparison.Ordinal) && ++seen == count)
                    return;
            }
        }
    }
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Switchyard.TestKit;

/// <summary>What was logged, as lines of text.</summary>
public static class LoggedLines
{
    extension(FakeLogCollector log)
    {
        /// <summary>The lines, oldest first, exceptions included.</summary>
        public IReadOnlyList<(LogLevel Level, string Text)> Lines =>
            [.. log.GetSnapshot().Select(record => (record.Level, $"{record.Message} {record.Exception}".TrimEnd()))];

        /// <summary>
        /// The lines at the level error, but for those about a provider's health: a test that lets its upstream answer nonsense makes it
        /// unhealthy on purpose.
        /// </summary>
        public IEnumerable<string> Errors => log.Lines
            .Where(line => line.Level >= LogLevel.Error && !line.Text.Contains(" unhealthy: ", StringComparison.Ordinal))
            .Select(line => line.Text);

        /// <summary>Waits for a line, or goes on at once when it is there.</summary>
        /// <param name="start">How it begins.</param>
        /// <exception cref="OperationCanceledException">It did not come within ten seconds.</exception>
        public async Task WaitForAsync(string start)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await foreach (var record in log.GetLogsAsync(patience.Token))
            {
                if (record.Message.StartsWith(start, StringComparison.Ordinal))
                    return;
            }
        }

        /// <summary>Waits until so many lines hold a text: a call's own line comes after its answer.</summary>
        /// <exception cref="OperationCanceledException">They did not come within ten seconds.</exception>
        public async Task WaitForAsync(int count, string text)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var seen = 0;
            await foreach (var record in log.GetLogsAsync(patience.Token))
            {
                if (record.Message.Contains(text, StringComparison.Ordinal) && ++seen == count)
                    return;
            }
        }
    }
}

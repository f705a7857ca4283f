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
    }
}

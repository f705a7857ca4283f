using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Switchyard.Common;
using Switchyard.Gateway.Logging;

namespace Microsoft.Extensions.Logging;

/// <summary>Adds the log of the executable to a host.</summary>
public static class SwitchyardLoggingExtensions
{
    /// <summary>
    /// Logs to standard output, one line for each event, with the engine's secrets masked and control characters escaped. If the output
    /// is not read, lines are dropped and counted; calls never wait for it.
    /// </summary>
    /// <param name="logging">The host's logging.</param>
    /// <param name="json">Whether a line is a JSON object instead of text.</param>
    public static ILoggingBuilder AddSwitchyardConsole(this ILoggingBuilder logging, bool json = false)
    {
        ArgumentNullException.ThrowIfNull(logging);
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.TryAddSingleton<SecretRedactor>();
        logging.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, LineLoggerProvider>(services =>
        {
            var secrets = services.GetRequiredService<SecretRedactor>();
            return new(
                json ? new JsonLines(secrets) : new TextLines(secrets),
                services.GetRequiredService<TimeProvider>(),
                System.Console.OpenStandardOutput());
        }));
        return logging;
    }
}

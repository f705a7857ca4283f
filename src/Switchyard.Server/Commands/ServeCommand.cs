using System.CommandLine;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard serve</c>, and <c>switchyard</c> alone.</summary>
internal static class ServeCommand
{
    /// <summary>Adds the options and the action of <c>serve</c> to a command.</summary>
    public static Command AddTo(Command command, ConfigurationChecks checks)
    {
        var urls = new Option<string?>("--urls")
        {
            Description =
                "Where to listen, separated by semicolons. Default: server.urls of the configuration, else http://127.0.0.1:8080.",
            HelpName = "url",
        };
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Listen beyond this machine although no client keys are configured.",
        };
        var logLevel = LogLevels.Option();
        var logFormat = new Option<string?>("--log-format")
        {
            Description = "The log's format: text, or json for one object a line. Default: logs.format of the configuration.",
            HelpName = "format",
        };
        command.Options.Add(logFormat);
        command.Options.Add(urls);
        command.Options.Add(insecure);
        command.Options.Add(logLevel);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // As settings, they survive reloads and are validated like any other.
            string[] overrides =
            [
                .. parsed.GetValue(urls) is { } address ? [$"server.urls={address}"] : Array.Empty<string>(),
                .. parsed.GetValue(logFormat) is { } format ? [$"logs.format={format}"] : Array.Empty<string>(),
            ];
            var configuration = ConfigurationArguments.Request(parsed, checks, overrides);
            if (ConfigurationArguments.Load(parsed, configuration) is not { } options)
                return ExitCode.Failure;

            var request = new ServeRequest
            {
                Options = options,
                Configuration = configuration,
                Insecure = parsed.GetValue(insecure),
                LogLevel = parsed.GetValue(logLevel),
            };
            if (request.Refuse(options) is { } reason)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"switchyard: {reason}");
                return ExitCode.Failure;
            }

            await CommandServices.ServeAsync(request, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }
}

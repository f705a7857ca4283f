using System.CommandLine;
using Switchyard.Configuration.Binding;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard ping</c>: whether a running gateway can serve calls. For the health check of a container whose image has no <c>curl</c>.
/// </summary>
internal static class PingCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    // A timer cannot wait for more than 49 days.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    public static Command Create(ConfigurationChecks checks)
    {
        var url = new Option<string?>("--url", "-u")
        {
            Description = "The running gateway's address. Default: the address in the configuration.",
            HelpName = "url",
        };
        var timeout = new Option<string?>("--timeout")
        {
            Description = "How long the answer may take. Default: 3s.",
            HelpName = "duration",
        };
        var command = new Command(
            "ping", "Checks whether a running gateway can serve calls (GET /health). Exits with 1 if it cannot, or does not answer.")
        {
            url,
            GatewayArguments.Authorities,
            timeout,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (Patience(parsed.GetValue(timeout)) is not { } patience)
                throw new ServeException($"'{parsed.GetValue(timeout)}' is not a duration; write it as 3s.");
            if (patience > s_longest)
                throw new ServeException($"--timeout is at most {DurationText.Format(s_longest)}.");
            var address = parsed.GetValue(url);
            if (address is null)
            {
                if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                    return ExitCode.Failure;
                address = GatewayAddress.Reaching(options.Server.Urls).TrimEnd('/') + options.Server.PathBase;
            }

            var gateway = GatewayAddress.Read(address);
            var reason = await GatewayPing.AskAsync(
                gateway, patience, cancellationToken, parsed.GetValue(GatewayArguments.Authorities));
            if (reason is null)
                parsed.InvocationConfiguration.Output.WriteLine("ready");
            else
                parsed.InvocationConfiguration.Error.WriteLine($"switchyard: {gateway.GetLeftPart(UriPartial.Authority)}: {reason}");
            return reason is null ? ExitCode.Ok : ExitCode.Failure;
        });
        return command;
    }

    private static TimeSpan? Patience(string? text) => text is null ? s_patience
        : DurationText.TryParse(text, out var patience) && patience > TimeSpan.Zero ? patience
        : null;
}

using System.CommandLine;
using System.Globalization;
using Switchyard.Recorded;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard replay cassettes/</c>: serves recordings as the providers that were recorded, for any client.</summary>
internal static class ReplayCommand
{
    private const int UsualPort = 8080;

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The folder of the recordings, or one of them." };
        var port = new Option<int>("--port", "-p")
        {
            Description = "Where to listen on this machine; 0 takes a free port.",
            DefaultValueFactory = _ => UsualPort,
        };
        var speed = new Option<string>("--speed")
        {
            Description = "How fast answers come: 1 as recorded, 2 twice as fast, 0 at once.",
            HelpName = "factor",
            DefaultValueFactory = _ => "0",
        };
        var strict = new Option<bool>("--strict") { Description = "Let each recording answer only once." };
        var ignore = new Option<string[]>("--ignore")
        {
            Description = "A member of requests that may differ, such as metadata. May be repeated.",
            HelpName = "path",
        };
        var logLevel = LogLevels.Option();
        var command = new Command("replay", "Answers from recordings instead of providers: no network, no key, the same each time.")
        {
            folder, port, speed, strict, ignore, logLevel,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // TryParse also accepts NaN and infinities.
            if (!double.TryParse(parsed.GetValue(speed), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor)
                || factor is not (>= 0 and <= 1000))
                throw new ServeException("--speed must be a number from 0 to 1000, such as 1 or 0.5.");
            if (parsed.GetValue(port) is < 0 or > 65_535)
                throw new ServeException("--port must be a number from 0 to 65535.");
            var request = new ReplayRequest(parsed.GetValue(folder)!, parsed.GetValue(port))
            {
                Speed = factor,
                Strict = parsed.GetValue(strict),
                Ignore = parsed.GetValue(ignore) ?? [],
                LogLevel = parsed.GetValue(logLevel),
            };
            try
            {
                await CommandServices.ReplayAsync(request, cancellationToken);
            }
            catch (CassetteException e)
            {
                throw new ServeException(e.Message, e);
            }

            return ExitCode.Ok;
        });
        return command;
    }
}

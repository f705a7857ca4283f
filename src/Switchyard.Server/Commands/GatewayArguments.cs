using System.CommandLine;
using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>The options that commands about a running gateway share: its address, its key, and the output format.</summary>
internal static class GatewayArguments
{
    private const string KeyVariable = "SWITCHYARD_ADMIN_KEY";

    private static readonly Option<string?> s_url = new("--url", "-u")
    {
        Description = "The running gateway's address. Default: the admin API's address in the configuration. The key is that in "
            + $"{KeyVariable}, or admin.key of the configuration.",
        HelpName = "url",
        Recursive = true,
    };

    /// <summary>The option for the authorities that issued the gateway's certificate, named as in curl.</summary>
    public static readonly Option<string?> Authorities = new("--cacert")
    {
        Description = "A PEM file with the authority that issued the gateway's certificate. Only it is trusted, in place of the system's.",
        HelpName = "file",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON.", Recursive = true };

    /// <summary>Adds the shared options to a command about a running gateway and to its subcommands.</summary>
    public static Command AsksGateway(this Command command)
    {
        command.Add(s_url);
        command.Add(Authorities);
        command.Add(Json);
        return command;
    }

    /// <summary>Makes a command print the gateway's answer: as JSON, or by <paramref name="show"/>.</summary>
    public static Command Shows(
        this Command command, ConfigurationChecks checks, Func<AdminClient, ParseResult, CancellationToken, Task<JsonNode>> ask,
        Action<TextWriter, JsonNode> show, Func<JsonNode, bool>? isWell = null)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (Open(parsed, checks) is not { } gateway)
                return ExitCode.Failure;
            using (gateway)
            {
                var answer = await ask(gateway, parsed, cancellationToken);
                var output = parsed.InvocationConfiguration.Output;
                if (parsed.GetValue(Json))
                    Output.Write(output, writer => answer.WriteTo(writer));
                else
                    show(output, answer);
                return isWell?.Invoke(answer) is false ? ExitCode.Failure : ExitCode.Ok;
            }
        });
        return command;
    }

    /// <summary>The answer, if it has a member that this command shows.</summary>
    /// <exception cref="ServeException">It has not: another server answers at this address.</exception>
    public static JsonObject Having(this JsonObject answer, string name) => answer[name] is not null
        ? answer
        : throw new ServeException($"The answer has no '{name}', so it is not that of a Switchyard admin API. Check the address.");

    /// <summary>A member as the text of a table cell; empty if there is none.</summary>
    public static string Cell(this JsonNode? entry, string name) => (entry as JsonObject)?[name] switch
    {
        null => "",
        JsonValue value when value.TryGetValue(out bool flag) => flag ? "yes" : "no",
        JsonArray items => string.Join(", ", items.Select(item => item?.ToString())),
        var other => other.ToString(),
    };

    /// <summary>The admin API that the command line or the configuration names; null if the configuration is needed and invalid.</summary>
    /// <exception cref="ServeException">The address is invalid, or there is no key.</exception>
    public static AdminClient? Open(ParseResult parsed, ConfigurationChecks checks)
    {
        var own = default(ServerTlsOptions);
        var (url, key) = (parsed.GetValue(s_url), Environment.GetEnvironmentVariable(KeyVariable)?.Trim());
        if (url is null || string.IsNullOrEmpty(key))
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return null;
            url ??= GatewayAddress.Reaching(options.Admin.Urls ?? options.Server.Urls);
            key = string.IsNullOrEmpty(key) ? options.Admin.Key?.Trim() : key;
            own = options.Server.Tls;
        }

        var gateway = GatewayAddress.Read(url);
        return string.IsNullOrEmpty(key)
            ? throw new ServeException($"The admin API needs its key: set {KeyVariable}, or admin.key in the configuration.")
            : CommandServices.OpenGateway(gateway, key, own, parsed.GetValue(Authorities));
    }
}

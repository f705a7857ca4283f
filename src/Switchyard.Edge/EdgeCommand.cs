using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Providers.Catalogue;
using Switchyard.Server;
using Switchyard.Server.Commands;
using Switchyard.Server.Serving;

namespace Switchyard.Edge;

/// <summary>The command line: <c>switchyard-edge</c> serves, <c>check</c> tests a configuration, <c>ping</c> a running gateway.</summary>
internal sealed class EdgeCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly Option<string?> _file = new("--config", "-c")
    {
        Description = "The configuration file. Default: switchyard.yaml or switchyard.yml in the working directory, if it exists.",
        HelpName = "file",
        Recursive = true,
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A setting that overrides the file and the environment, for example server.max_body=8MB. May be repeated.",
        HelpName = "key=value",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _urls = new("--urls")
    {
        Description = "Where to listen, separated by semicolons. Default: server.urls of the configuration, else http://127.0.0.1:8080.",
        HelpName = "url",
    };

    private readonly Option<bool> _insecure = new("--insecure")
    {
        Description = "Listen beyond this machine although no client keys are configured.",
    };

    private readonly Option<LogLevel> _logLevel = LogLevels.Option();

    private readonly Option<string?> _gateway = new("--url", "-u")
    {
        Description = "The running gateway's address. Default: the address in the configuration.",
        HelpName = "url",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = new EdgeCommand().Create().Parse(args);
        var error = parsed.InvocationConfiguration.Error;
        var problems = CommandLineProblems.Of(parsed);
        if (problems.Count > 0)
        {
            foreach (var problem in problems)
                await error.WriteLineAsync($"switchyard-edge: {problem}");
            await error.WriteLineAsync("Run 'switchyard-edge --help' to list the verbs and options.");
            return ExitCode.Usage;
        }

        // The web host shuts down by itself; the default here would kill it two seconds after a signal.
        parsed.InvocationConfiguration.ProcessTerminationTimeout = null;
        parsed.InvocationConfiguration.EnableDefaultExceptionHandler = false;
        try
        {
            return await parsed.InvokeAsync();
        }
        catch (Exception failure)
        {
            var kind = failure is ServeException ? "" : $"{failure.GetType().Name}: ";
            await error.WriteLineAsync($"switchyard-edge: {kind}{failure.Message}");
            return ExitCode.Failure;
        }
    }

    private Command Create()
    {
        var check = new Command("check", "Checks the configuration, and whether this edition can serve it.");
        check.SetAction(parsed => Load(parsed, Request(parsed)) is null ? ExitCode.Failure : ExitCode.Ok);
        var ping = new Command(
            "ping", "Checks whether a running gateway can serve calls (GET /health). Exits with 1 if it cannot, or does not answer.")
        {
            _gateway,
        };
        ping.SetAction(PingAsync);
        var edge = new Command("switchyard-edge", "Serves switchyard.yaml: every format, every provider with a key, in one small file.")
        {
            new System.CommandLine.Help.HelpOption(), new VersionOption(), _file, _set, _urls, _insecure, _logLevel, check, ping,
        };
        edge.SetAction(ServeAsync);
        return edge;
    }

    private async Task<int> ServeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // As a setting, it survives reloads and is validated like any other.
        var configuration = Request(parsed, parsed.GetValue(_urls) is { } urls ? [$"server.urls={urls}"] : []);
        if (Load(parsed, configuration) is not { } options)
            return ExitCode.Failure;
        var request = new ServeRequest
        {
            Options = options,
            Configuration = configuration,
            Insecure = parsed.GetValue(_insecure),
            LogLevel = parsed.GetValue(_logLevel),
        };
        if (request.Refuse(options) is { } reason)
            throw new ServeException(reason);
        await GatewayServer.RunAsync(request, new EdgeSides(), cancellationToken);
        return ExitCode.Ok;
    }

    private async Task<int> PingAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var address = parsed.GetValue(_gateway);
        if (address is null)
        {
            if (Load(parsed, Request(parsed)) is not { } options)
                return ExitCode.Failure;
            address = GatewayAddress.Reaching(options.Server.Urls) + options.Server.PathBase;
        }

        var gateway = GatewayAddress.Read(address);
        if (await GatewayPing.AskAsync(gateway, s_patience, cancellationToken) is { } reason)
            throw new ServeException($"{gateway.GetLeftPart(UriPartial.Authority)}: {reason}");
        await parsed.InvocationConfiguration.Output.WriteLineAsync("ready");
        return ExitCode.Ok;
    }

    private ConfigurationRequest Request(ParseResult parsed, params IEnumerable<string> overrides) => new()
    {
        File = parsed.GetValue(_file),
        Overrides = [.. parsed.GetValue(_set) ?? [], .. overrides],
        IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
    };

    /// <summary>Loads, and prints every problem. Null if the configuration is invalid, or this edition cannot serve it.</summary>
    private static SwitchyardOptions? Load(ParseResult parsed, ConfigurationRequest request)
    {
        var result = ConfigurationLoader.Load(request);
        var unserved = result.Options is { } options ? EdgeLimits.Find(options) : [];
        foreach (var problem in result.Problems.Concat(unserved))
            parsed.InvocationConfiguration.Error.WriteLine(ProblemLine.Of(problem));
        return unserved.Count == 0 ? result.Options : null;
    }
}

using System.CommandLine;
using Switchyard.Calls;
using Switchyard.Money;
using Switchyard.Providers;
using Switchyard.Secrets;
using Switchyard.Server.Commands;
using Switchyard.Server.Composition;
using Switchyard.Server.Importing;
using Switchyard.Server.Serving;

namespace Switchyard.Server;

/// <summary>The command line: its verbs, and the messages and exit codes of failures.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var switchyard = Create();
        if (Suggestions.TryAnswer(switchyard, args, Console.Out))
            return ExitCode.Ok;
        // A chat message may begin with @, which must not be read as a response file.
        var parsed = switchyard.Parse([.. args.SelectMany(Expand)], new ParserConfiguration { ResponseFileTokenReplacer = null });
        var error = parsed.InvocationConfiguration.Error;
        var problems = CommandLineProblems.Of(parsed);
        if (problems.Count > 0)
        {
            foreach (var problem in problems)
                await error.WriteLineAsync($"switchyard: {problem}");
            var words = Help.WordsOf(parsed.CommandResult);
            await error.WriteLineAsync(words.Length == 0
                ? "Run 'switchyard --help' to list the verbs and options."
                : $"Run 'switchyard {words} --help' for its options, with examples.");
            return ExitCode.Usage;
        }

        // The web host shuts down by itself; the default here would kill it two seconds after a signal.
        parsed.InvocationConfiguration.ProcessTerminationTimeout = null;
        parsed.InvocationConfiguration.EnableDefaultExceptionHandler = false;
        try
        {
            return await parsed.InvokeAsync();
        }
        catch (Exception failure) when (failure is ProviderException or CallException or ServeException
            or LedgerException or SecretStoreException or ImportException
            // The system's message names the file and is readable as it is.
            or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"switchyard: {failure.Message}");
        }
        catch (Exception failure)
        {
            await error.WriteLineAsync($"switchyard: {failure.GetType().Name}: {failure.Message}");
        }

        return ExitCode.Failure;
    }

    /// <summary>The command with all its verbs.</summary>
    public static Command Create()
    {
        var checks = new ConfigurationChecks();
        // Not a RootCommand, which takes the name of the assembly's file: this command is named switchyard.
        var switchyard = new Command("switchyard", "Sends model calls to the right AI provider. Without a verb: serve.")
        {
            Help.Option(),
            new VersionOption(),
            ConfigurationArguments.File,
            ConfigurationArguments.Set,
            ServeCommand.AddTo(new Command("serve", "Starts the gateway."), checks),
            CheckCommand.Create(checks),
            SchemaCommand.Create(),
            ProvidersCommand.Create(checks),
            HealthCommand.Create(checks),
            PingCommand.Create(checks),
            ModelsCommand.Create(checks),
            ExplainCommand.Create(checks),
            ChatCommand.Create(checks),
            GatewayCommands.Status(checks),
            LiveCommand.Create(checks),
            CallsCommand.Create(checks),
            GatewayCommands.Budgets(checks),
            GatewayCommands.Limits(checks),
            GatewayCommands.Cache(checks),
            GatewayCommands.Audit(checks),
            PluginsCommand.Create(checks),
            RefineCommand.Create(checks),
            ReplayCommand.Create(),
            ConfigCommand.Create(checks),
            KeysCommand.CreateKeys(checks),
            KeysCommand.CreateTenants(checks),
            UsageCommand.Create(checks),
            MigrateCommand.Create(checks),
            SecretsCommand.Create(checks),
            ImportCommand.Create(checks),
            CompletionCommand.Create(),
        };
        return ServeCommand.AddTo(switchyard, checks);
    }

    /// <summary><c>--providers:openai:key=…</c>, as in other .NET programs, is short for <c>--set providers:openai:key=…</c>.</summary>
    private static IEnumerable<string> Expand(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && colon > 2 && colon < equals
            ? [ConfigurationArguments.Set.Name, argument[2..]]
            : [argument];
    }
}

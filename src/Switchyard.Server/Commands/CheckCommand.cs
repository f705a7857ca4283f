using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard check</c>: whether the configuration is usable.</summary>
internal static class CheckCommand
{
    public static Command Create(ICommandServices engine)
    {
        var json = Output.JsonOption();
        var command = new Command(
            "check",
            "Loads and checks the configuration, and with --live the providers themselves. "
            + "Exits with 1 if it is not valid, or with --live if a provider cannot chat.")
        {
            LiveCheckCommand.Provider,
            LiveCheckCommand.Live,
            LiveCheckCommand.Model,
            LiveCheckCommand.Timeout,
            json,
        };
        command.Validators.Add(result =>
        {
            if (LiveCheckCommand.Problem(result) is { } problem)
                result.AddError(problem);
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var loaded = ConfigurationLoader.Load(ConfigurationArguments.Request(parsed, engine));
            var result = WithProblems(await WithSecretsAsync(loaded, engine, cancellationToken), engine);
            var (output, live) = (parsed.InvocationConfiguration.Output, parsed.GetValue(LiveCheckCommand.Live));
            if (live && result.Options is not null && loaded.Options is { } options)
            {
                foreach (var problem in result.Problems)
                    await parsed.InvocationConfiguration.Error.WriteLineAsync(problem.ToString());
                return await LiveCheckCommand.RunAsync(parsed, engine, options, parsed.GetValue(json), cancellationToken);
            }

            IReadOnlyList<string> proxies = result.Options is { } usable ? engine.FindProxies(usable) : [];
            IReadOnlyList<EnabledProvider> enabled = result.Options is { } working ? engine.FindEnabled(working) : [];
            if (parsed.GetValue(json))
                Output.Write(output, CheckReport.Of(result, proxies, enabled), OutputJson.Default.CheckReport);
            else
                Print(output, result, proxies, enabled);
            return result.Options is null ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Resolves the secrets as <c>serve</c> does, so that a provider is checked with the key it would have.</summary>
    private static async Task<ConfigurationResult> WithSecretsAsync(
        ConfigurationResult result, ICommandServices engine, CancellationToken cancellationToken)
    {
        if (result.Options is not { } written)
            return result;
        var (options, problem) = await engine.ResolveSecretsAsync(written, cancellationToken);
        return new ConfigurationResult
        {
            File = result.File,
            Options = options,
            Problems = problem is null
                ? result.Problems
                : [.. result.Problems, new ConfigurationProblem("secrets", problem) { File = result.File }],
        };
    }

    /// <summary>Adds the problems and warnings of a configuration that is valid by itself: providers, listening, plugins.</summary>
    private static ConfigurationResult WithProblems(ConfigurationResult result, ICommandServices engine)
    {
        if (result.Options is not { } options)
            return result;
        ConfigurationProblem[] found =
        [
            .. engine.FindProviderProblems(options)
                .Select(problem => new ConfigurationProblem("providers", problem) { File = result.File }),
            .. engine.FindServerProblems(options).Select(problem => new ConfigurationProblem("server", problem) { File = result.File }),
            .. engine.FindPluginProblems(options).Select(problem => new ConfigurationProblem("plugins", problem) { File = result.File }),
        ];
        var warnings = engine.FindWarnings(options)
            .Select(warning => new ConfigurationProblem("", warning) { File = result.File, Severity = ProblemSeverity.Warning });
        return new ConfigurationResult
        {
            File = result.File,
            Options = found.Length == 0 ? options : null,
            Problems = [.. result.Problems, .. warnings, .. found],
        };
    }

    private static void Print(
        TextWriter output, ConfigurationResult result, IReadOnlyList<string> proxies, IReadOnlyList<EnabledProvider> enabled)
    {
        foreach (var proxy in proxies)
            output.WriteLine(proxy);
        foreach (var problem in result.Problems)
            output.WriteLine(problem);
        var name = result.File ?? "no configuration file";
        if (result.Options is not { } options)
        {
            var errors = result.Problems.Count(problem => problem.Severity == ProblemSeverity.Error);
            output.WriteLine($"{name}: {Count(errors, "problem", "problems")}");
            return;
        }

        output.WriteLine(
            $"{name}: ok ({Count(enabled.Count, "provider", "providers")}, {Count(options.Models.Count, "alias", "aliases")})");
        foreach (var provider in enabled)
            output.WriteLine($"  {provider.Name}: {provider.Why}");
    }

    private static string Count(int number, string one, string many) => $"{number} {(number == 1 ? one : many)}";
}

/// <summary>The result of <c>check --json</c>.</summary>
internal sealed record CheckReport(
    string? File,
    bool Ok,
    int Providers,
    int Aliases,
    IReadOnlyList<string> Proxies,
    IReadOnlyList<ConfigurationProblem> Problems,
    IReadOnlyList<EnabledProvider> Enabled)
{
    public static CheckReport Of(
        ConfigurationResult result, IReadOnlyList<string> proxies, IReadOnlyList<EnabledProvider> enabled) => new(
        result.File,
        result.Options is not null,
        enabled.Count,
        result.Options?.Models.Count ?? 0,
        proxies,
        result.Problems,
        enabled);
}

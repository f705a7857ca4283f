using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard check</c>: whether the configuration is usable.</summary>
internal static class CheckCommand
{
    public static Command Create(ConfigurationChecks checks)
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
            var loaded = ConfigurationLoader.Load(ConfigurationArguments.Request(parsed, checks));
            var result = WithProblems(await WithSecretsAsync(loaded, cancellationToken), checks);
            var (output, live) = (parsed.InvocationConfiguration.Output, parsed.GetValue(LiveCheckCommand.Live));
            if (live && result.Options is not null && loaded.Options is { } options)
            {
                foreach (var problem in result.Problems)
                    await parsed.InvocationConfiguration.Error.WriteLineAsync(ProblemLine.Of(problem));
                return await LiveCheckCommand.RunAsync(parsed, options, parsed.GetValue(json), cancellationToken);
            }

            IReadOnlyList<string> proxies = result.Options is { } usable ? ConfigurationChecks.FindProxies(usable) : [];
            IReadOnlyList<EnabledProvider> enabled = result.Options is { } working ? ProviderTable.EnabledOf(working) : [];
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
        ConfigurationResult result, CancellationToken cancellationToken)
    {
        if (result.Options is not { } written)
            return result;
        var (options, problem) = await CommandServices.ResolveSecretsAsync(written, cancellationToken);
        return new ConfigurationResult
        {
            File = result.File,
            Options = options,
            Problems = problem is null ? result.Problems : [.. result.Problems, In(result.File, problem)],
        };
    }

    /// <summary>Adds the problems and warnings of a configuration that is valid by itself: providers, listening, plugins.</summary>
    private static ConfigurationResult WithProblems(ConfigurationResult result, ConfigurationChecks checks)
    {
        if (result.Options is not { } options)
            return result;
        ConfigurationProblem[] found =
        [
            .. checks.FindProviderProblems(options).Concat(ConfigurationChecks.FindServerProblems(options))
                .Concat(checks.FindPluginProblems(options)).Select(problem => In(result.File, problem)),
        ];
        var warnings = checks.FindWarnings(options).Select(warning => In(result.File, warning));
        return new ConfigurationResult
        {
            File = result.File,
            Options = found.Length == 0 ? options : null,
            Problems = [.. result.Problems, .. warnings, .. ConfigurationChecks.FindUnknownModels(options), .. found],
        };
    }

    /// <summary>A problem with its file, if no other source of its setting is known.</summary>
    private static ConfigurationProblem In(string? file, ConfigurationProblem problem) =>
        problem is { File: null, Origin: null } ? problem with { File = file } : problem;

    private static void Print(
        TextWriter output, ConfigurationResult result, IReadOnlyList<string> proxies, IReadOnlyList<EnabledProvider> enabled)
    {
        foreach (var proxy in proxies)
            output.WriteLine(proxy);
        foreach (var problem in result.Problems)
            output.WriteLine(ProblemLine.Of(problem));
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

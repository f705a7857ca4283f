using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard check</c>: is the configuration usable?</summary>
internal static class CheckCommand
{
    public static Command Create(ICommandServices engine)
    {
        var json = Output.JsonOption();
        var command = new Command(
            "check",
            "Loads and checks the configuration, and with --live the providers themselves. "
            + "Fails when it cannot be used, or a provider asked cannot chat.")
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
            var result = WithProviders(ConfigurationLoader.Load(ConfigurationArguments.Request(parsed, engine)), engine);
            var (output, live) = (parsed.InvocationConfiguration.Output, parsed.GetValue(LiveCheckCommand.Live));
            if (live && result.Options is { } options)
            {
                foreach (var problem in result.Problems)
                    await parsed.InvocationConfiguration.Error.WriteLineAsync(problem.ToString());
                return await LiveCheckCommand.RunAsync(parsed, engine, options, parsed.GetValue(json), cancellationToken);
            }

            if (parsed.GetValue(json))
                Output.Write(output, CheckReport.Of(result), OutputJson.Default.CheckReport);
            else
                Print(output, result);
            return result.Options is null ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Adds the problems of providers: they do not keep <c>serve</c> from starting, but are errors of a check.</summary>
    private static ConfigurationResult WithProviders(ConfigurationResult result, ICommandServices engine)
    {
        if (result.Options is null || engine.FindProviderProblems(result.Options) is not { Count: > 0 } problems)
            return result;
        return new ConfigurationResult
        {
            File = result.File,
            Problems = [.. result.Problems, .. problems.Select(problem => new ConfigurationProblem("providers", problem, result.File))],
        };
    }

    private static void Print(TextWriter output, ConfigurationResult result)
    {
        foreach (var problem in result.Problems)
            output.WriteLine(problem);
        var name = result.File ?? "no configuration file";
        output.WriteLine(result.Options is { } options
            ? $"{name}: ok ({Count(options.Providers.Count, "provider", "providers")}, {Count(options.Models.Count, "alias", "aliases")})"
            : $"{name}: {Count(result.Problems.Count(problem => problem.Severity == ProblemSeverity.Error), "problem", "problems")}");
    }

    private static string Count(int number, string one, string many) => $"{number} {(number == 1 ? one : many)}";
}

/// <summary>The result of <c>check --json</c>.</summary>
internal sealed record CheckReport(string? File, bool Ok, int Providers, int Aliases, IReadOnlyList<ConfigurationProblem> Problems)
{
    public static CheckReport Of(ConfigurationResult result) => new(
        result.File, result.Options is not null, result.Options?.Providers.Count ?? 0, result.Options?.Models.Count ?? 0, result.Problems);
}

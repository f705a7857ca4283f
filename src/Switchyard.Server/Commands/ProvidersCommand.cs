using System.CommandLine;
using Spectre.Console;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard providers</c>: all known providers, which are enabled, and why.</summary>
internal static class ProvidersCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("provider"),
        new("dialect", LeaveOut: 1),
        new("base url", LeaveOut: 4),
        // May be left out: if the variable is missing, the reason names it.
        new("key variable", LeaveOut: 3),
        new("key set", LeaveOut: 2, Color: ColorOf),
        new("enabled", Color: ColorOf),
        new("why", Wraps: true),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var json = Output.JsonOption();
        var command = new Command("providers", "Lists the providers: address, whether there is a key, whether it is enabled and why.")
        {
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;

            var (resolved, problem) = await CommandServices.ResolveSecretsAsync(options, cancellationToken);
            if (problem is not null)
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"switchyard: {problem.Message}");
            var rows = ProviderTable.Of(resolved ?? options);
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, rows, OutputJson.Default.IReadOnlyListProviderRow);
            else
                OutputTable.Write(parsed.InvocationConfiguration.Output, s_columns, [.. rows.Select(Cells)]);

            return ExitCode.Ok;
        });
        foreach (var verb in RunningProviders.Create(checks))
            command.Add(verb);
        return command;
    }

    private static string[] Cells(ProviderRow row) =>
        [row.Name, row.Dialect, row.BaseUrl ?? "", row.KeyVariable ?? "", YesNo(row.KeySet), YesNo(row.Enabled), row.Why];

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static Color? ColorOf(string cell) => cell == "yes" ? Color.Green : Color.Grey;
}

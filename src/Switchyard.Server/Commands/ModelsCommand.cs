using System.CommandLine;
using System.Globalization;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard models</c>: the models a client may ask for, with limits and prices.</summary>
internal static class ModelsCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("model"),
        new("kind", LeaveOut: 2),
        new("context", IsNumber: true),
        new("output", LeaveOut: 1, IsNumber: true),
        new("$/M in", IsNumber: true),
        new("$/M out", IsNumber: true),
        new("price of", LeaveOut: 3),
        new("targets", Wraps: true),
    ];

    public static Command Create(ICommandServices engine)
    {
        var json = Output.JsonOption();
        var provider = new Option<string?>("--provider", "-p") { Description = "Only the models of this provider.", HelpName = "name" };
        var command = new Command("models", "Lists the aliases and the models of the enabled providers, with limits and prices.")
        {
            provider,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, ConfigurationArguments.Request(parsed, engine)) is not { } options)
                return ExitCode.Failure;

            var only = parsed.GetValue(provider);
            var all = await engine.ListModelsAsync(options, cancellationToken);
            IReadOnlyList<ModelRow> rows =
            [
                .. all.Where(row => only is null || string.Equals(row.Provider, only, StringComparison.OrdinalIgnoreCase)),
            ];
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, rows, OutputJson.Default.IReadOnlyListModelRow);
            else
                OutputTable.Write(parsed.InvocationConfiguration.Output, s_columns, [.. rows.Select(Cells)]);

            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(ModelRow row) =>
    [
        row.Name,
        row.Status is null ? row.Kind : $"{row.Kind}, {row.Status}",
        Number(row.ContextWindow),
        Number(row.MaxOutputTokens),
        Price(row.InputPrice),
        Price(row.OutputPrice),
        row.PriceDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
        row.Targets is [var only] && only == row.Name ? "" : string.Join(", ", row.Targets),
    ];

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "?";

    private static string Price(decimal? price) => price?.ToString(CultureInfo.InvariantCulture) ?? "?";
}

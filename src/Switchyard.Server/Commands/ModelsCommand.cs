using System.CommandLine;
using System.Globalization;
using Switchyard.Common;
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
        new("price of", LeaveOut: 4),
        new("listed by", LeaveOut: 3),
        new("targets", Wraps: true),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var json = Output.JsonOption();
        var provider = new Option<string?>("--provider", "-p") { Description = "Only the models of this provider.", HelpName = "name" };
        provider.CompletionSources.Add(Suggestions.Providers(checks));
        var all = new Option<bool>("--all", "-a") { Description = "Include models known only from the catalogue: they may not exist." };
        var command = new Command("models", "Lists the aliases and the models of the enabled providers, with limits and prices.")
        {
            provider,
            all,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;

            var enabled = ProviderTable.EnabledOf(options);
            // Rows have the registered name, for which an alias may be written.
            var only = parsed.GetValue(provider) is { } given
                ? new RegisteredNames(enabled.Select(known => known.Name)).Find(given) : null;
            if (only is not null && Unknown(only, enabled) is { } problem)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"switchyard: {problem}");
                return ExitCode.Failure;
            }

            var listed = await CommandServices.ListModelsAsync(options, parsed.GetValue(all), cancellationToken);
            IReadOnlyList<ModelRow> rows =
            [
                .. listed.Where(row => only is null || string.Equals(row.Provider, only, StringComparison.OrdinalIgnoreCase)),
            ];
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, rows, OutputJson.Default.IReadOnlyListModelRow);
            else
                OutputTable.Write(parsed.InvocationConfiguration.Output, s_columns, [.. rows.Select(Cells)]);

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The problem with the name of a provider; null if it is enabled.</summary>
    private static string? Unknown(string name, IReadOnlyList<EnabledProvider> enabled)
    {
        var names = enabled.Select(provider => provider.Name).ToList();
        if (names.Contains(name, StringComparer.OrdinalIgnoreCase))
            return null;
        var near = NearNames.Find(name, names);
        return $"The provider '{name}' is not enabled."
            + (near.Count > 0 ? $" Did you mean {string.Join(" or ", near)}?" : $" Enabled: {string.Join(", ", names)}.");
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
        row.ListedBy,
        row.Targets is [var only] && only == row.Name ? "" : string.Join(", ", row.Targets),
    ];

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "?";

    private static string Price(decimal? price) => price?.ToString(CultureInfo.InvariantCulture) ?? "?";
}

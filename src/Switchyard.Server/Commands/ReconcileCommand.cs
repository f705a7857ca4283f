using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard usage reconcile</c>: compares the ledger with a provider's export.</summary>
internal static class ReconcileCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("day"),
        new("model"),
        new("what"),
        new("ours", IsNumber: true),
        new("theirs", IsNumber: true),
        new("difference", IsNumber: true, Color: cell => cell is "0" or "0.000000" ? null : Color.Yellow),
        new("likely cause", Wraps: true, LeaveOut: 1),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "The provider's usage or cost export: CSV or JSON. Several files are combined.",
            Arity = ArgumentArity.OneOrMore,
        };
        var provider = new Option<string>("--provider", "-p")
        {
            Description = "The provider that the export is from.",
            HelpName = "name",
            Required = true,
        };
        var resolve = new Option<bool>("--resolve") { Description = "Settle calls with an unknown end by what the provider billed." };
        var all = new Option<bool>("--all", "-a") { Description = "Include what agrees." };
        var json = Output.JsonOption();
        var command = new Command("reconcile", "Compares the ledger with a provider's export, by day, model and class of token.")
        {
            files, provider, resolve, all, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (await ReadAsync(parsed.GetValue(files)!, error, cancellationToken) is not { } theirs)
                return ExitCode.Failure;

            await using var ledger = CommandServices.OpenLedger(options);
            var name = ledger.NameOf(parsed.GetValue(provider)!);
            if (await ledger.ExplainUnknownAsync(name, cancellationToken) is { } unknownProvider)
                throw new ServeException(unknownProvider);
            var query = Reconciliation.QueryFor(theirs, name);
            var ours = await ledger.Reader.SummarizeAsync(query, cancellationToken);
            var unknown = await ledger.Reader.ReadAsync(
                new() { Since = query.Filter.Since, Until = query.Filter.Until, Outcome = LedgerOutcome.Unknown }, cancellationToken)
                .ToListAsync(cancellationToken);
            var groups = Reconciliation.Compare(theirs, ours.Groups, unknown);
            var decision = parsed.GetValue(resolve)
                ? UnknownCalls.Decide(groups, unknown, name, ledger.TargetsOf, model => ledger.PriceOf(name, model, theirs[0].Day))
                : null;
            var resolved = decision is { Corrections.Count: > 0 }
                ? await ledger.Corrections.CorrectAsync(decision.Corrections, $"export of {name}", cancellationToken)
                : 0;
            if (parsed.GetValue(json))
            {
                Output.Write(output, writer => Write(writer, groups, unknown.Count, resolved));
            }
            else
            {
                Print(output, groups, parsed.GetValue(all));
                PrintUnknown(output, unknown.Count, decision is null ? null : resolved);
            }

            foreach (var left in decision?.Left ?? [])
                await error.WriteLineAsync(left);
            return groups.Any(group => group.IsDifferent) ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    private static async Task<IReadOnlyList<ExportLine>?> ReadAsync(
        string[] files, TextWriter error, CancellationToken cancellationToken)
    {
        var lines = new List<ExportLine>();
        foreach (var file in files)
        {
            try
            {
                lines.AddRange(UsageExport.Read(await File.ReadAllTextAsync(file, cancellationToken)));
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"switchyard: {file}: {e.Message}");
                return null;
            }
        }

        return lines;
    }

    private static void Print(TextWriter output, IReadOnlyList<ReconciledGroup> groups, bool all)
    {
        var rows = new List<string[]>();
        foreach (var group in groups.Where(group => all || group.IsDifferent))
        {
            foreach (var (figure, i) in group.Figures.Where(figure => all || figure.IsDifferent).Select((figure, i) => (figure, i)))
            {
                rows.Add(
                [
                    group.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    group.Model.Length > 0 ? group.Model : "all",
                    figure.Class,
                    Number(figure, figure.Ours),
                    Number(figure, figure.Theirs),
                    Number(figure, figure.Difference),
                    i == 0 ? group.Cause : "",
                ]);
            }
        }

        if (rows.Count > 0)
            OutputTable.Write(output, s_columns, rows);
        var days = groups.Select(group => group.Day).Distinct().Count();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{groups.Count(group => !group.IsDifferent)} of {groups.Count} models and days agree, over {days} days."));
    }

    /// <summary>Says what became of the calls with an unknown end.</summary>
    /// <param name="output">The output.</param>
    /// <param name="count">The number of these calls.</param>
    /// <param name="resolved">The number of those that are settled now; null if that was not asked for.</param>
    private static void PrintUnknown(TextWriter output, int count, int? resolved)
    {
        if (resolved is { } settled)
            output.WriteLine($"{settled} of {count} unknown calls are settled.");
        else if (count > 0)
            output.WriteLine($"{count} calls of that time have an unknown end: --resolve settles those it can.");
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<ReconciledGroup> groups, int unknown, int resolved)
    {
        json.WriteStartObject();
        json.WriteBoolean("agrees", !groups.Any(group => group.IsDifferent));
        json.WriteNumber("unknown_calls", unknown);
        json.WriteNumber("resolved_calls", resolved);
        json.WriteStartArray("groups");
        foreach (var group in groups)
        {
            json.WriteStartObject();
            json.WriteString("day", group.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("model", group.Model);
            json.WriteBoolean("agrees", !group.IsDifferent);
            json.WriteString("likely_cause", group.Cause);
            foreach (var figure in group.Figures)
            {
                json.WriteStartObject(figure.Class);
                json.WriteNumber("ours", figure.Ours);
                json.WriteNumber("theirs", figure.Theirs);
                json.WriteNumber("difference", figure.Difference);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Number(ReconciledFigure figure, decimal number) =>
        number.ToString(figure.Class == ReconciledFigure.Cost ? "0.000000" : "0", CultureInfo.InvariantCulture);
}

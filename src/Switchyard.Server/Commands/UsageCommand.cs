using System.CommandLine;
using System.Globalization;
using Switchyard.Gateway.Admin.Features;
using Switchyard.Money;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard usage</c>: what calls cost, from the ledger.</summary>
internal static class UsageCommand
{
    private static readonly OutputColumn[] s_figures =
    [
        new("cost $", IsNumber: true),
        new("requests", IsNumber: true),
        new("in", IsNumber: true),
        new("cache read", IsNumber: true, LeaveOut: 3),
        new("cache write", IsNumber: true, LeaveOut: 4),
        new("out", IsNumber: true),
        new("failed", IsNumber: true, LeaveOut: 2),
        new("unknown", IsNumber: true, LeaveOut: 1),
        new("unpriced", IsNumber: true, LeaveOut: 1),
        new("estimates", IsNumber: true, LeaveOut: 5),
    ];

    private static readonly Option<string?>[] s_filters =
    [
        Filter("--since", "time", "The start: a day (2026-11-28), a time, today, yesterday, month, or how long ago (7d). Default: month."),
        Filter("--until", "time", "The end, in the same forms. Default: now."),
        Filter("--provider", "name", "Only this provider."),
        Filter("--model", "name", "Only this model, with or without its provider."),
        Filter("--key", "id", "Only this client key."),
        Filter("--tenant", "name", "Only this tenant, and those within it."),
        Filter("--alias", "name", "Only calls to this name."),
        Filter("--tag", "tag", "Only calls with this tag."),
        Filter("--end-user", "name", "Only calls for this end user."),
        Filter("--session", "id", "Only calls of this session."),
        Filter("--request-id", "id", "Only the call with this request id."),
        Filter("--outcome", "outcome", "Only calls with this outcome: finished, failed, abandoned, cached, unknown, resolved."),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var json = Output.JsonOption();
        var csv = new Option<bool>("--csv") { Description = "Print every entry as CSV." };
        var by = new Option<string>("--by")
        {
            Description = $"What to split by, up to three joined by commas: {UsageQuestion.Groups}.",
            HelpName = "what",
            DefaultValueFactory = _ => "provider",
        };
        var limit = new Option<string?>("--limit") { Description = "The most lines. Default: 100.", HelpName = "number" };
        var skip = new Option<string?>("--skip") { Description = "How many lines to skip. Default: 0.", HelpName = "number" };
        var command = new Command("usage", "Shows what calls cost, from the ledger.") { by, limit, skip, json, csv };
        foreach (var filter in s_filters)
            command.Add(filter);
        command.Add(ReconcileCommand.Create(checks));
        command.Add(RepriceCommand.Create(checks));
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv))
                result.AddError("--json and --csv are two forms of the same output; choose one.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            await using var ledger = CommandServices.OpenLedger(options);
            var question = Question(
                parsed, ledger, ("by", parsed.GetValue(by)), ("limit", parsed.GetValue(limit)), ("skip", parsed.GetValue(skip)));
            if (parsed.GetValue(csv))
            {
                var entries = ledger.Reader.ReadAsync(question.Filter, cancellationToken);
                await UsageCsv.WriteAsync(entries, parsed.InvocationConfiguration.Output, cancellationToken);
                return ExitCode.Ok;
            }

            var summary = await ledger.Reader.SummarizeAsync(question, cancellationToken);
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, writer => UsageJson.Write(writer, summary));
            else
                Print(parsed.InvocationConfiguration.Output, summary);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>An option that filters entries. Its name is that of the admin API's parameter.</summary>
    public static Option<string?> Filter(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    /// <summary>The query of the given options; from the first of the month by default.</summary>
    private static UsageQuery Question(ParseResult parsed, LedgerTools ledger, params (string Name, string? Value)[] others) =>
        UsageQuestion.Read(
            name =>
            {
                var given = others.FirstOrDefault(other => other.Name == name).Value
                    ?? (s_filters.FirstOrDefault(filter => filter.Name[2..].Replace('-', '_') == name) is { } option
                        ? parsed.GetValue(option) : null);
                return name switch
                {
                    "since" => given ?? "month",
                    // Entries have the registered name, for which an alias may be written.
                    "provider" when given is not null => ledger.NameOf(given),
                    _ => given,
                };
            },
            ledger.Now);

    private static void Print(TextWriter output, UsageSummary summary)
    {
        List<OutputColumn> columns = [.. summary.Query.By.Select(group => new OutputColumn(UsageQuestion.NameOf(group))), .. s_figures];
        List<string[]> rows =
        [
            .. summary.Groups.Select(group => Cells(group.Names.Select(name => name.Length > 0 ? name : "-"), group.Figures)),
        ];
        if (rows.Count != 1)
            rows.Add(Cells(summary.Query.By.Select((_, i) => i == 0 ? "all" : ""), summary.Total));
        OutputTable.Write(output, columns, rows);
        if (summary.HasMore)
            output.WriteLine("There are more groups: --limit and --skip show them.");
        var unpriced = summary.Total.Unpriced;
        if (unpriced.Total > 0)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Not in the cost: {unpriced.NoPrice} without a known price, {unpriced.NoRate} without a rate for all their tokens, "
                    + $"{unpriced.NoUsage} without token counts, {unpriced.OtherUnit} charged by something else."));
        }
    }

    private static string[] Cells(IEnumerable<string> names, UsageFigures figures) =>
    [
        .. names,
        figures.Cost.Dollars.ToString("0.000000", CultureInfo.InvariantCulture),
        Number(figures.Requests),
        Number(figures.Usage.Input ?? 0),
        Number(figures.Usage.CacheRead ?? 0),
        Number(figures.Usage.CacheWrite ?? 0),
        Number(figures.Usage.Output ?? 0),
        Number(figures.Failed),
        Number(figures.Unknown),
        Number(figures.Unpriced.Total),
        Number(figures.Estimates),
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

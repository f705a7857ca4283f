using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Money.Reconciling;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard usage reprice</c>: computes the costs of a period again with the current prices.</summary>
internal static class RepriceCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("model"),
        new("entries", IsNumber: true),
        new("had no price", IsNumber: true, LeaveOut: 1),
        new("before $", IsNumber: true),
        new("after $", IsNumber: true),
        new("difference $", IsNumber: true),
        new("price", LeaveOut: 2),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var since = UsageCommand.Filter("--since", "time", "The start of the period: a day (2026-11-01), a time, or how long ago (7d).");
        since.Required = true;
        var until = UsageCommand.Filter("--until", "time", "The end of the period, in the same forms. Default: now.");
        var provider = UsageCommand.Filter("--provider", "name", "Only this provider.");
        var model = UsageCommand.Filter("--model", "name", "Only this model, with or without its provider.");
        var apply = new Option<bool>("--apply") { Description = "Write the new costs to the ledger. Without this they are only shown." };
        var json = Output.JsonOption();
        var command = new Command("reprice", "Recalculates the costs of a period with the current prices; the previous costs are kept.")
        {
            since, until, provider, model, apply, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            await using var ledger = CommandServices.OpenLedger(options);
            var filter = UsageQuestion.Read(
                name => name switch
                {
                    "since" => parsed.GetValue(since),
                    "until" => parsed.GetValue(until),
                    "provider" => parsed.GetValue(provider) is { } given ? ledger.NameOf(given) : null,
                    "model" => parsed.GetValue(model),
                    _ => null,
                },
                ledger.Now).Filter;
            var writes = parsed.GetValue(apply);
            var models = await Repricing.RunAsync(
                ledger.Reader, filter, ledger.PriceOf, writes ? ledger.Corrections : null, cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                Output.Write(output, writer => Write(writer, models, writes));
                return ExitCode.Ok;
            }

            if (models.Count > 0)
                OutputTable.Write(output, s_columns, [.. models.Select(Cells)]);
            await output.WriteLineAsync(
                models.Count == 0 ? "Nothing changes: every entry has its current price already."
                : writes ? "Written. The previous costs are kept in 'corrections'."
                : "Nothing was written: --apply writes it.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(RepricedModel model) =>
    [
        $"{model.Provider}/{model.Model}",
        model.Entries.ToString(CultureInfo.InvariantCulture),
        model.WereUnpriced.ToString(CultureInfo.InvariantCulture),
        Dollars(model.Before),
        Dollars(model.After),
        Dollars(model.After - model.Before),
        model.PriceVersion ?? "",
    ];

    private static void Write(Utf8JsonWriter json, IReadOnlyList<RepricedModel> models, bool written)
    {
        json.WriteStartObject();
        json.WriteBoolean("written", written);
        json.WriteStartArray("models");
        foreach (var model in models)
        {
            json.WriteStartObject();
            json.WriteString("model", $"{model.Provider}/{model.Model}");
            json.WriteNumber("entries", model.Entries);
            json.WriteNumber("were_unpriced", model.WereUnpriced);
            json.WriteNumber("before", TokenCost.ToDollars(model.Before));
            json.WriteNumber("after", TokenCost.ToDollars(model.After));
            json.WriteString("price_version", model.PriceVersion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Dollars(long nano) => TokenCost.ToDollars(nano).ToString("0.000000", CultureInfo.InvariantCulture);
}

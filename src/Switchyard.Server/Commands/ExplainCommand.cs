using System.CommandLine;
using System.Globalization;
using Switchyard.Calls;
using Switchyard.Server.Composition;
using Switchyard.Targets;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard explain</c>: where a call for a model would go, and why.</summary>
internal static class ExplainCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("rank", IsNumber: true),
        new("target"),
        new("group", LeaveOut: 2, IsNumber: true),
        new("score", LeaveOut: 1, IsNumber: true),
        new("why", Wraps: true),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var model = new Argument<string?>("model")
        {
            Description = "An alias, provider/model or a model's name.",
            HelpName = "model",
            Arity = ArgumentArity.ZeroOrOne,
        };
        model.CompletionSources.Add(Suggestions.Models(checks));
        var seed = new Option<long?>("--seed")
        {
            Description = "The seed of a decision to repeat, from x-switchyard-explain or /route/explain.",
            HelpName = "n",
        };
        var json = Output.JsonOption();
        var command = new Command(
            "explain", "Shows where a call would go and why, from the configuration alone: no target has a history. No provider is called.")
        {
            model,
            seed,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(model) is not { Length: > 0 } asked)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync("switchyard: Name what to explain: switchyard explain MODEL.");
                return ExitCode.Usage;
            }

            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            var decision = await CommandServices.ExplainAsync(options, asked, parsed.GetValue(seed), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                Output.Write(output, ExplanationRow.Of(asked, decision), OutputJson.Default.ExplanationRow);
            }
            else
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{decision.Route}: strategy {decision.Strategy}, seed {decision.Seed}"));
                OutputTable.Write(output, s_columns, [.. decision.Candidates.Select(Cells)]);
            }

            return decision.Chosen is null ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    private static string[] Cells(RankedTarget target, int index) =>
    [
        target.Excluded == Exclusion.None ? (index + 1).ToString(CultureInfo.InvariantCulture) : "-",
        TargetRow.NameOf(target),
        target.Group.ToString(CultureInfo.InvariantCulture),
        target.Score?.ToString("0.######", CultureInfo.InvariantCulture) ?? "?",
        (target.Excluded, target.Reason) switch
        {
            (_, null) => "",
            (Exclusion.None, var reason) => $"behind others: {reason}",
            (_, var reason) => $"left out: {reason}",
        },
    ];
}

/// <summary>The JSON of <c>explain --json</c>, as <c>/route/explain</c> answers.</summary>
internal sealed record ExplanationRow(
    string Model, string Route, string Strategy, TargetRow? Chosen, IReadOnlyList<CandidateRow> Candidates, long Seed)
{
    public static ExplanationRow Of(string model, CallDecision decision) => new(
        model,
        decision.Route,
        decision.Strategy,
        decision.Chosen is { } chosen ? new(chosen.Provider, chosen.Model, chosen.Credential) : null,
        [
            .. decision.Candidates.Select(target => new CandidateRow(
                target.Provider, target.Model, target.Credential, target.Group, target.Score, target.Excluded != Exclusion.None,
                target.Reason)),
        ],
        decision.Seed);
}

/// <summary>A target in <c>explain --json</c>.</summary>
internal sealed record TargetRow(string Provider, string Model, int Credential)
{
    public static string NameOf(in RankedTarget target) => target.Credential == 1
        ? $"{target.Provider}/{target.Model}"
        : $"{target.Provider}/{target.Model} (key {target.Credential.ToString(CultureInfo.InvariantCulture)})";
}

/// <summary>A candidate in <c>explain --json</c>.</summary>
internal sealed record CandidateRow(
    string Provider, string Model, int Credential, int Group, double? Score, bool Excluded, string? Reason);

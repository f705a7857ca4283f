using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Switchyard.Health;
using Switchyard.Server.Composition;
using Switchyard.Targets;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard health</c>: checks each provider now.</summary>
internal static class HealthCommand
{
    private static readonly OutputColumn[] s_columns =
    [
        new("provider"),
        new("health", Color: ColorOf),
        new("ms", LeaveOut: 1, IsNumber: true),
        new("error", Wraps: true),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var provider = new Argument<string?>("provider")
        {
            Description = "The provider to check. Default: all that are configured.",
            HelpName = "provider",
            Arity = ArgumentArity.ZeroOrOne,
        };
        provider.CompletionSources.Add(Suggestions.Providers(checks));
        var level = new Option<string?>("--level")
        {
            Description = "What to check: configuration sends nothing, reachability requests the list of models, round-trip has a model "
                + "answer in at most 5 tokens, which is billed. Default: health.level of the configuration.",
        };
        level.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "configuration", "reachability", "round-trip");
        var json = Output.JsonOption();
        var command = new Command("health", "Checks the health of each provider, or of the one named. Exits with 1 if one is not healthy.")
        {
            provider,
            level,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            var results = await CommandServices.CheckHealthAsync(
                options, parsed.GetValue(provider), HealthLevels.Parse(parsed.GetValue(level)), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                Output.Write(output, [.. results.Select(HealthRow.Of)], OutputJson.Default.IReadOnlyListHealthRow);
            else
                OutputTable.Write(output, s_columns, [.. results.Select(Cells)]);
            return results.Count > 0 && results.All(result => result.Healthy) ? ExitCode.Ok : ExitCode.Failure;
        });
        return command;
    }

    private static string[] Cells(HealthResult result) =>
    [
        result.Name,
        result.Healthy ? "healthy" : "unhealthy",
        result.Latency?.TotalMilliseconds.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
        result.Error ?? "",
    ];

    private static Color? ColorOf(string cell) => cell == "healthy" ? Color.Green : Color.Red;
}

/// <summary>A provider in <c>health --json</c>.</summary>
internal sealed record HealthRow(string Name, bool Healthy, double? LatencyMs, string? Error)
{
    public static HealthRow Of(HealthResult result) => new(
        result.Name, result.Healthy, result.Latency is { } latency ? Math.Round(latency.TotalMilliseconds, 2) : null, result.Error);
}

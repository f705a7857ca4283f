using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;
using Switchyard.Checking;
using Switchyard.Configuration;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard check --live</c>: probes each provider with its real key and its real models.</summary>
internal static class LiveCheckCommand
{
    public static readonly Option<bool> Live = new("--live")
    {
        Description = "Send each enabled provider, or the one named, a dozen small requests, which are billed, and report what works.",
    };

    public static readonly Argument<string?> Provider = new("provider")
    {
        Description = "With --live: the provider to ask. Default: all that are enabled.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static readonly Option<string?> Model = new("--model", "-m")
    {
        Description = "With --live: the provider's model to ask. Default: the cheapest one known.",
    };

    public static readonly Option<int?> Timeout = new("--timeout")
    {
        Description = "With --live: the seconds one question may take. Default: 30.",
        HelpName = "seconds",
    };

    private static readonly OutputColumn[] s_columns =
    [
        new("probe"),
        new("result", Color: ColorOf),
        new("ms", LeaveOut: 1, IsNumber: true),
        new("detail", Wraps: true),
    ];

    /// <summary>The problem of the command line; null if it is valid.</summary>
    public static string? Problem(CommandResult parsed)
    {
        var (provider, model) = (parsed.GetValue(Provider), parsed.GetValue(Model));
        if (!parsed.GetValue(Live) && (provider is not null || model is not null))
            return "A provider or --model needs --live.";
        if (model is not null && provider is null)
            return "--model needs the provider it belongs to: switchyard check --live PROVIDER --model MODEL.";
        return parsed.GetValue(Timeout) is < 1 or > 86_400 ? "--timeout must be a number of seconds from 1 to 86400." : null;
    }

    public static async Task<int> RunAsync(
        ParseResult parsed, SwitchyardOptions options, bool json, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var request = new LiveCheckRequest(
            parsed.GetValue(Provider), parsed.GetValue(Model), TimeSpan.FromSeconds(parsed.GetValue(Timeout) ?? 30), new Lines(error));
        var reports = await CommandServices.CheckLiveAsync(options, request, cancellationToken);
        if (json)
            Output.Write(output, [.. reports.Select(LiveCheckRow.Of)], OutputJson.Default.IReadOnlyListLiveCheckRow);
        else
        {
            foreach (var report in reports)
                Print(output, report);
        }

        return reports.Count > 0 && reports.All(report => report.CanChat) ? ExitCode.Ok : ExitCode.Failure;
    }

    private static void Print(TextWriter output, ProviderCheckReport report)
    {
        var model = report.Model is { } asked ? $" with {asked}" : "";
        output.WriteLine($"{report.Provider}{model}: {(report.CanChat ? "works" : "does not work")}");
        OutputTable.Write(output, s_columns, [.. report.Probes.Select(Cells)]);
    }

    private static string[] Cells(ProbeResult probe) =>
    [
        probe.Probe,
        probe.Outcome switch { ProbeOutcome.Yes => "yes", ProbeOutcome.No => "no", _ => "skipped" },
        probe.Elapsed > TimeSpan.Zero ? probe.Elapsed.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) : "",
        probe.Detail ?? "",
    ];

    private static Color? ColorOf(string result) => result switch { "yes" => Color.Green, "no" => Color.Red, _ => Color.Grey };

    /// <summary>Writes each report as a line, immediately and in order.</summary>
    private sealed class Lines(TextWriter writer) : IProgress<string>
    {
        public void Report(string value) => writer.WriteLine($"asking {value} …");
    }
}

/// <summary>A provider in <c>check --live --json</c>.</summary>
internal sealed record LiveCheckRow(string Provider, string? Model, bool CanChat, IReadOnlyList<LiveProbeRow> Probes)
{
    public static LiveCheckRow Of(ProviderCheckReport report) => new(
        report.Provider, report.Model, report.CanChat,
        [.. report.Probes.Select(LiveProbeRow.Of)]);
}

/// <summary>A probe in <c>check --live --json</c>.</summary>
internal sealed record LiveProbeRow(string Probe, string Result, string? Detail, long Ms)
{
    public static LiveProbeRow Of(ProbeResult probe) =>
        new(probe.Probe, probe.Outcome.ToString().ToLowerInvariant(), probe.Detail, (long)probe.Elapsed.TotalMilliseconds);
}

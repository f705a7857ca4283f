using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;
using Switchyard.Configuration.Binding;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard live</c>: the calls that a gateway is serving now. A terminal shows one table that is redrawn; other outputs get one
/// table after the other, or a line of JSON each.
/// </summary>
internal static class LiveCommand
{
    private const int MostCalls = 1000;

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50);

    // A timer cannot wait for more than 49 days.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private static readonly OutputColumn[] s_columns =
    [
        new("age", IsNumber: true, Color: ColorOfAge), new("phase", Color: ColorOfPhase), new("model"), new("provider", LeaveOut: 1),
        new("provider model", LeaveOut: 3), new("attempts", LeaveOut: 2, IsNumber: true), new("caller", LeaveOut: 4),
        new("id", LeaveOut: 5),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var every = new Option<string>("--every", "-e")
        {
            Description = "How often to refresh: 50ms or longer.",
            HelpName = "duration",
            DefaultValueFactory = _ => "1s",
        };
        var once = new Option<bool>("--once") { Description = "Look once." };
        var command = new Command("live", "Shows the running calls of a gateway live: the phase and age of each.") { every, once };
        command.AsksGateway().SetAction(async (parsed, cancellationToken) =>
        {
            if (!DurationText.TryParse(parsed.GetValue(every)!, out var pause) || pause < s_shortest)
                throw new ServeException($"--every must be a duration such as 250ms or 2s, at least {DurationText.Format(s_shortest)}.");
            if (pause > s_longest)
                throw new ServeException($"--every is at most {DurationText.Format(s_longest)}.");
            if (GatewayArguments.Open(parsed, checks) is not { } gateway)
                return ExitCode.Failure;
            using (gateway)
            using (var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            using (Terminal.OnInterrupt(ending.Cancel))
            {
                var looks = LooksAsync(gateway, parsed.GetValue(once) ? null : pause, ending.Token);
                await ShowAsync(parsed.InvocationConfiguration.Output, looks, parsed.GetValue(GatewayArguments.Json));
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Asks the gateway repeatedly until cancelled. After a first success, failures are shown and it keeps asking.</summary>
    /// <exception cref="ServeException">The first request failed.</exception>
    private static async IAsyncEnumerable<Look> LooksAsync(
        AdminClient gateway, TimeSpan? pause, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFirst = true;
        while (true)
        {
            Look look;
            try
            {
                var calls = await gateway.ListAsync("/admin/calls/in-flight", MostCalls, cancellationToken);
                look = new([.. calls.OrderByDescending(call => (long?)call["age_ms"] ?? 0)], null);
            }
            catch (ServeException failure) when (!isFirst)
            {
                look = new([], failure.Message);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            isFirst = false;
            yield return look;
            if (pause is not { } wait)
                yield break;
            try
            {
                await Task.Delay(wait, TimeProvider.System, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }

    private static async Task ShowAsync(TextWriter output, IAsyncEnumerable<Look> looks, bool asJson)
    {
        var console = Terminal.Of(output);
        if (!asJson && console.Profile.Out.IsTerminal)
        {
            await console.Live(new Text("")).Overflow(VerticalOverflow.Ellipsis).StartAsync(async picture =>
            {
                await foreach (var look in looks)
                    picture.UpdateTarget(Picture(console, look));
            });
            return;
        }

        var isFirst = true;
        await foreach (var look in looks)
        {
            if (asJson)
                await output.WriteLineAsync(look.ToJson());
            else
                WriteTable(output, look, isFirst);
            await output.FlushAsync();
            isFirst = false;
        }
    }

    private static Rows Picture(IAnsiConsole console, Look look)
    {
        IRenderable heading = new Text(look.Heading, new Style(look.Problem is null ? null : Color.Red, decoration: Decoration.Bold));
        var (table, _) = OutputTable.Fit(console, s_columns, look.Cells);
        IRenderable ending = new Text("Ctrl-C quits.", new Style(Color.Grey));
        return look.Calls.Count > 0 ? new Rows(heading, table, ending) : new Rows(heading, ending);
    }

    private static void WriteTable(TextWriter output, Look look, bool isFirst)
    {
        if (!isFirst)
            output.WriteLine();
        output.WriteLine(look.Heading);
        if (look.Calls.Count > 0)
            OutputTable.Write(output, s_columns, look.Cells);
    }

    private static Color? ColorOfPhase(string phase) => phase switch
    {
        "answering" => Color.Green,
        "queued" or "between attempts" => Color.Yellow,
        _ => null,
    };

    private static Color? ColorOfAge(string age) => age.Contains(':', StringComparison.Ordinal) ? Color.Yellow : null;

    /// <summary>The calls at one point in time.</summary>
    /// <param name="Calls">The calls, the oldest first.</param>
    /// <param name="Problem">Why the calls could not be read; null if they were.</param>
    private sealed record Look(IReadOnlyList<JsonObject> Calls, string? Problem)
    {
        public string Heading => Problem ?? (Calls.Count == 1 ? "1 call in flight" : $"{Calls.Count} calls in flight");

        public IReadOnlyList<string[]> Cells =>
        [
            .. Calls.Select(call => (string[])
            [
                Age((long?)call["age_ms"] ?? 0), call.Cell("phase").Replace('_', ' '), call.Cell("model"), call.Cell("provider"),
                call.Cell("provider_model"), call.Cell("attempts"), call.Cell("caller"), call.Cell("id"),
            ]),
        ];

        /// <summary>One line: <c>{"in_flight":1,"calls":[…]}</c>, or <c>{"problem":"…"}</c>.</summary>
        public string ToJson()
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                if (Problem is not null)
                {
                    writer.WriteString("problem", Problem);
                }
                else
                {
                    writer.WriteNumber("in_flight", Calls.Count);
                    writer.WriteStartArray("calls");
                    foreach (var call in Calls)
                        call.WriteTo(writer);
                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
            }

            return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }

        /// <summary><c>4.2 s</c>, and from a minute on <c>1:05</c>.</summary>
        private static string Age(long milliseconds)
        {
            var age = TimeSpan.FromMilliseconds(milliseconds);
            return age < TimeSpan.FromMinutes(1)
                ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0.0} s")
                : string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalMinutes}:{age.Seconds:00}");
        }
    }
}

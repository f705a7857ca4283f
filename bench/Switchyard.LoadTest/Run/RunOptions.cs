using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Run;

/// <summary>What to measure, for how long and on what; see <see cref="HelpText"/>.</summary>
internal sealed record RunOptions
{
    public static readonly string[] Measurements = ["ready", "idle", "cpu", "latency", "body", "streams", "memory"];

    public required IReadOnlyList<string> Subjects { get; init; }

    public required IReadOnlyList<string> Only { get; init; }

    public required string? Switchyard { get; init; }

    /// <summary>The gateway compiled to native code; null if it is not measured.</summary>
    public required string? Native { get; init; }

    /// <summary>Other published gateways to measure beside this one, by their name in the report.</summary>
    public required IReadOnlyList<(string Name, string File)> Also { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Turn { get; init; }

    public required TimeSpan WarmUp { get; init; }

    public required int Connections { get; init; }

    public required int Streams { get; init; }

    public required int OpenStreams { get; init; }

    public required int SubjectCore { get; init; }

    public required int LoadCore { get; init; }

    public required bool Quick { get; init; }

    public required bool Wrk { get; init; }

    public required string? Json { get; init; }

    public static RunOptions Read(Arguments arguments)
    {
        var quick = arguments.Flag("--quick");
        var (subjectCore, loadCore) = Cores(arguments);
        var options = new RunOptions
        {
            Subjects = Chosen(arguments, "--subjects", SubjectNames.All),
            Only = Chosen(arguments, "--only", Measurements),
            Switchyard = arguments.Text("--switchyard"),
            Native = arguments.Text("--native"),
            Also = [.. (arguments.List("--also") ?? []).Select(NameAndFile)],
            Rounds = arguments.Number("--rounds", quick ? 2 : 7, min: 1, max: 100),
            Turn = TimeSpan.FromSeconds(arguments.Number("--seconds", quick ? 1 : 4, min: 1, max: 60)),
            WarmUp = TimeSpan.FromSeconds(arguments.Number("--warmup", quick ? 2 : 60, min: 0, max: 300)),
            Connections = arguments.Number("--connections", 64, min: 1, max: 1024),
            Streams = arguments.Number("--streams", 100, min: 1, max: 1024),
            OpenStreams = arguments.Number("--open", quick ? 100 : 1000, min: 1, max: 5000),
            SubjectCore = subjectCore,
            LoadCore = loadCore,
            Quick = quick,
            Wrk = arguments.Flag("--wrk"),
            Json = arguments.Text("--json"),
        };
        arguments.RefuseRest();
        return options;
    }

    public bool Measures(string measurement) => Only.Contains(measurement);

    /// <summary>Whether a measurement needs a process that has been under load.</summary>
    public bool MeasuresUnderLoad => Only.Except(["ready", "idle"]).Any();

    private static (string Name, string File) NameAndFile(string text) => text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } file]
        ? (name, file)
        : throw new UsageException($"--also needs NAME=PATH, not '{text}'");

    private static string[] Chosen(Arguments arguments, string name, string[] all)
    {
        var given = arguments.List(name);
        if (given is null) return all;
        var unknown = given.Except(all).FirstOrDefault();
        return unknown is null ? given : throw new UsageException($"{name}: '{unknown}' is none of {string.Join(", ", all)}");
    }

    private static (int Subject, int Load) Cores(Arguments arguments)
    {
        var given = arguments.List("--cores") ?? ["0", "1"];
        return given.Length == 2 && int.TryParse(given[0], out var subject) && int.TryParse(given[1], out var load)
            && subject is >= 0 and < 1024 && load is >= 0 and < 1024
            ? (subject, load)
            : throw new UsageException("--cores needs two core numbers, as in 0,1");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Run;

namespace Switchyard.LoadTest.Load;

/// <summary>The same load made by <c>wrk</c>, to check the built-in one against a known tool.</summary>
internal sealed partial class WrkLoad(string file, string directory)
{
    public static WrkLoad Find(string directory) =>
        new(Programs.Find("wrk") ?? throw new RunFailedException("--wrk: wrk is not installed"), directory);

    public async Task<LoadResult> RunAsync(int port, RunOptions options)
    {
        string[] words =
        [
            .. Pinning.Prefix(options.LoadCore), file, "-t1", FormattableString.Invariant($"-c{options.Connections}"),
            FormattableString.Invariant($"-d{options.Turn.TotalSeconds}"), "-s", WriteScript(port),
            FormattableString.Invariant($"http://127.0.0.1:{port}/v1/chat/completions"),
        ];
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true };
        using var wrk = Process.Start(start)!;
        var said = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();

        var counted = Counted().Match(said);
        if (!counted.Success) throw new RunFailedException("wrk said nothing to count:\n" + said);
        var failure = Failures().Match(said);
        return new LoadResult(
            long.Parse(counted.Groups["count"].Value, CultureInfo.InvariantCulture),
            Frames: 0,
            Failures: failure.Success ? 1 : 0,
            failure.Success ? failure.Value : null,
            TimeSpan.FromSeconds(double.Parse(counted.Groups["seconds"].Value, CultureInfo.InvariantCulture)));
    }

    private string WriteScript(int port)
    {
        var request = Encoding.UTF8.GetString(RequestBytes.Completion(port));
        var body = request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var script = Path.Combine(directory, "wrk.lua");
        File.WriteAllText(script, $$"""
            wrk.method = "POST"
            wrk.headers["Content-Type"] = "application/json"
            wrk.headers["Authorization"] = "Bearer {{RequestBytes.ClientKey}}"
            wrk.body = [[{{body}}]]
            """);
        return script;
    }

    [GeneratedRegex(@"(?<count>\d+) requests in (?<seconds>[\d.]+)s")]
    private static partial Regex Counted();

    [GeneratedRegex(@"(Socket errors|Non-2xx).*")]
    private static partial Regex Failures();
}

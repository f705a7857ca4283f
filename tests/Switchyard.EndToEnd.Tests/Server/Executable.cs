using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>
/// The program as a user starts it: a separate process, in an empty folder, in an environment without any provider's key.
/// </summary>
internal sealed class Executable : IAsyncDisposable
{
    // Several test processes and their servers may share two cores.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errorLines = new();

    private Executable(Process process, DirectoryInfo folder, Uri address)
    {
        _process = process;
        _folder = folder;
        Address = address;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = s_patience };
        process.OutputDataReceived += (_, line) => Keep(_lines, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errorLines, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The address it was started with.</summary>
    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>The id of its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Everything it has written to both streams.</summary>
    // Concat, because an array would be sized first, and a line added meanwhile would not fit.
    public string Said => string.Join('\n', _lines.Concat(_errorLines));

    public string Printed => string.Join('\n', _lines);

    public string Errors => string.Join('\n', _errorLines);

    /// <summary>Starts it with a configuration, if given, and these arguments before <c>--urls</c>, which only serving takes.</summary>
    public static Task<Executable> StartAsync(string? yaml, params string[] arguments) =>
        StartAsync(yaml, new Dictionary<string, string>(), arguments);

    /// <summary>As the other, with these environment variables besides.</summary>
    public static Task<Executable> StartAsync(
        string? yaml, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var program = Program;
        var takesUrls = arguments is [] or ["serve", ..] && !arguments.Contains("--urls");
        return LaunchAsync(
            "dotnet", yaml, environment, address => [program, .. arguments, .. takesUrls ? (string[])["--urls", address] : []]);
    }

    /// <summary>Starts it with this text on its standard input.</summary>
    public static Task<Executable> PipeAsync(string? yaml, string input, params string[] arguments)
    {
        var command = string.Join(' ', arguments.Prepend(Program).Select(part => $"'{part}'"));
        return LaunchAsync("sh", yaml, new Dictionary<string, string>(), _ => ["-c", $"printf %s '{input}' | dotnet {command}"]);
    }

    /// <summary>The program built beside the tests: artifacts/bin/PROJECT/CONFIGURATION.</summary>
    public static string Program
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            var program = Path.Combine(own.Parent!.Parent!.FullName, "Switchyard.Server", own.Name, "Switchyard.Server.dll");
            if (!File.Exists(program))
                Assert.Skip("The program is not built beside the tests: build Switchyard.slnx, or run ./test, which does it.");
            return program;
        }
    }

    /// <summary>Starts it with a standard output that is not read for three minutes.</summary>
    public static Task<Executable> StartUnreadAsync(params string[] arguments) => LaunchAsync(
        "bash", null, new Dictionary<string, string>(),
        address =>
        [
            "-c", "mkfifo unread; sleep 180 < unread > /dev/null 2>&1 & exec dotnet \"$@\" > unread", "bash",
            Program, .. arguments, "--urls", address,
        ]);

    /// <summary>Starts another program in the same surroundings.</summary>
    /// <param name="file">The program.</param>
    /// <param name="yaml">The content of <c>switchyard.yaml</c> in its working directory; null for no file.</param>
    /// <param name="environment">Variables set besides those of these tests.</param>
    /// <param name="arguments">Returns its arguments, given the address it must listen on.</param>
    public static async Task<Executable> LaunchAsync(
        string file, string? yaml, IReadOnlyDictionary<string, string> environment, Func<string, string[]> arguments)
    {
        var folder = Directory.CreateTempSubdirectory("switchyard-serve-");
        if (yaml is not null)
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "switchyard.yaml"), yaml);
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(file, arguments(address.GetLeftPart(UriPartial.Authority)))
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var names = Environment.GetEnvironmentVariables().Keys.Cast<string>().ToList();
        foreach (var name in names)
        {
            if (name.Contains("KEY", StringComparison.OrdinalIgnoreCase) || name.Contains("TOKEN", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("SWITCHYARD", StringComparison.OrdinalIgnoreCase)
                || name.Contains("PROXY", StringComparison.OrdinalIgnoreCase))
            {
                start.Environment.Remove(name);
            }
        }

        start.Environment.Remove("COLUMNS");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(Process.Start(start)!, folder, address);
    }

    /// <summary>Waits until it serves.</summary>
    public async Task<Executable> ServingAsync()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_patience)
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync();
                Assert.Fail($"It ended with {_process.ExitCode}: {Said}");
            }

            try
            {
                using var response = await Http.GetAsync("/health");
                if (response.StatusCode == HttpStatusCode.OK)
                    return this;
            }
            catch (HttpRequestException)
            {
                // Not yet listening.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"It does not serve: {Said}");
    }

    /// <summary>Waits until it has written a text.</summary>
    public async Task UntilItSaysAsync(string text)
    {
        using var tooLong = new CancellationTokenSource(s_patience);
        while (!Said.Contains(text, StringComparison.Ordinal))
            await Task.Delay(20, tooLong.Token);
    }

    /// <summary>Changes its configuration file.</summary>
    public Task WriteConfigurationAsync(string yaml) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, "switchyard.yaml"), yaml);

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var tooLong = new CancellationTokenSource(s_patience);
        await _process.WaitForExitAsync(tooLong.Token);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public Task TerminateAsync() => SignalAsync("-TERM");

    /// <summary>Asks it to load its configuration again.</summary>
    public Task HangUpAsync() => SignalAsync("-HUP");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort() => ChildServer.FreePort();
}

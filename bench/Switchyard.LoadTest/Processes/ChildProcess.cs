using System.Diagnostics;

namespace Switchyard.LoadTest.Processes;

/// <summary>A process this run started: bound to its core, its output in a file, and ended by its own id.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly string _log;
    private readonly string _name;

    private ChildProcess(Process process, string name, string log)
    {
        _process = process;
        _name = name;
        _log = log;
    }

    public int Id => _process.Id;

    public static ChildProcess Start(Launch launch, int core, string directory)
    {
        var log = Path.Combine(directory, launch.Name + ".log");
        var start = new ProcessStartInfo("/bin/sh")
        {
            WorkingDirectory = directory,
            // This tool's own servers notice by the pipe's end that the orchestrator has ended.
            RedirectStandardInput = true,
        };

        // `exec` twice, by the shell and by taskset, so that the measured and ended process id is the program's own.
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("log=$1; shift; exec \"$@\" >>\"$log\" 2>&1");
        foreach (var word in (string[])["sh", log, .. Pinning.Prefix(core), launch.File, .. launch.Arguments]) start.ArgumentList.Add(word);

        // A proxy of this machine is not meant for loopback, and a runtime setting of this shell would distort the figures.
        foreach (var name in start.Environment.Keys.Where(IsUnwanted).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in launch.Environment) start.Environment[name] = value;

        return new ChildProcess(Process.Start(start)!, launch.Name, log);
    }

    /// <summary>Throws with the end of the process's output if the process has ended.</summary>
    public void RequireRunning()
    {
        if (_process.HasExited) throw new RunFailedException($"{_name} exited with code {_process.ExitCode}:\n{LogTail()}");
    }

    public string LogTail() => File.Exists(_log) ? string.Join('\n', File.ReadLines(_log).TakeLast(15)) : "";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Dispose();
            Signals.Terminate(_process.Id);
            if (!_process.WaitForExit(Grace)) _process.Kill(entireProcessTree: true);
            _process.WaitForExit(Grace);
        }

        _process.Dispose();
    }

    private static bool IsUnwanted(string name) =>
        name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name.StartsWith("DOTNET_", StringComparison.Ordinal) && !name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal);
}

/// <summary>The run cannot continue; the message says why.</summary>
internal sealed class RunFailedException(string message) : Exception(message);

using System.Diagnostics;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

internal static class SwitchyardBuild
{
    /// <summary>Publishes the server of this checkout and returns its executable.</summary>
    public static string Publish(string directory)
    {
        var output = Path.Combine(directory, "published");
        Console.WriteLine("publishing src/Switchyard.Server …");
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = FindRoot(),
            RedirectStandardOutput = true,
        };
        foreach (var word in (string[])["publish", "src/Switchyard.Server", "-c", "Release", "-o", output, "--nologo", "-v", "quiet"])
            start.ArgumentList.Add(word);

        using var publish = Process.Start(start)!;
        var said = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0
            ? Path.Combine(output, "switchyard")
            : throw new RunFailedException($"publishing failed; give --switchyard PATH or leave it out of --subjects\n{said}");
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Switchyard.slnx"))) return directory.FullName;
        }

        throw new RunFailedException("not started from within the repository; give --switchyard PATH");
    }
}

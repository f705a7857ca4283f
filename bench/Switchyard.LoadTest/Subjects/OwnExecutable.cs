using System.Reflection;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

internal static class OwnExecutable
{
    /// <summary>Starts this program under another verb, whether it was started by its host executable or by <c>dotnet X.dll</c>.</summary>
    public static Launch Launch(string name, params string[] words)
    {
        var file = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(file) == "dotnet";
        return new Launch(name, file, [.. isHost ? (string[])[Assembly.GetEntryAssembly()!.Location] : [], .. words, "--exit-with-stdin"]);
    }
}

using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Processes;

internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end. <c>Process.Kill</c> would not let it write its last lines.</summary>
    public static void Terminate(int process) => _ = Kill(process, SigTerm);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

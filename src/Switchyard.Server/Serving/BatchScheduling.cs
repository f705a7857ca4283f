using System.Globalization;
using System.Runtime.InteropServices;

namespace Switchyard.Server.Serving;

/// <summary>Asks Linux to schedule the gateway's threads as batch work (<c>SCHED_BATCH</c>), so that none interrupts another.</summary>
/// <remarks>
/// The runtime waits for all sockets on one thread, which hands what arrived to the thread pool. On a busy core the kernel stops a thread
/// that answers a call whenever bytes arrive, runs that one for two microseconds and goes back: two switches for nearly every call. A batch
/// thread waits until the core is free or a slice of some 3 ms has passed, then handles all that has arrived; on an idle core it
/// runs immediately. The measured saving is in bench/README.md. No privileges are needed.
/// </remarks>
internal static partial class BatchScheduling
{
    // From Linux' sched.h.
    private const int Other = 0;
    private const int Batch = 3;

    /// <summary>
    /// Makes all threads of the process batch threads; threads that they start inherit it. A thread whose policy is not the default keeps
    /// it. Does nothing if it is not possible: on other systems, or if the C library is musl or a sandbox forbids it.
    /// </summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            {
                var id = int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture);
                // The priority is for real-time policies; it must be 0 for others.
                if (GetPolicy(id) == Other)
                    _ = SetPolicy(id, Batch, 0);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without /proc, or whose C library has another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getscheduler")]
    private static partial int GetPolicy(int thread);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetPolicy(int thread, int policy, in int priority);
}

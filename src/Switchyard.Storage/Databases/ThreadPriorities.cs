using System.Runtime.InteropServices;

namespace Switchyard.Storage.Databases;

/// <summary>Lets threads that do long work come after those that answer calls.</summary>
internal static partial class ThreadPriorities
{
    // Of `setpriority`: what is named is a process, and 0 is the caller, which for Linux is the thread and not its process.
    private const int Process = 0;
    private const int Caller = 0;

    private const int Nice = 10;

    /// <summary>
    /// Lowers the priority of the calling thread for good: it is for a thread that ends with its work. On Linux, where .NET's
    /// <see cref="ThreadPriority"/> does nothing, by the thread's nice value. Where it cannot be done nothing changes.
    /// </summary>
    public static void LowerMine()
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
            return;
        }

        try
        {
            _ = SetPriority(Process, Caller, Nice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system whose C library has another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}

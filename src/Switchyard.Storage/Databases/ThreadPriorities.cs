using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Switchyard.Storage.Databases;

/// <summary>Runs long work at a lower priority than the threads that answer calls.</summary>
internal static partial class ThreadPriorities
{
    // For `setpriority`: the target is a process, and 0 is the caller, which on Linux is the thread and not its process.
    private const int Process = 0;
    private const int Caller = 0;

    private const int Nice = 10;

    /// <summary>Runs work on a separate thread of low priority, and waits for it.</summary>
    /// <remarks>
    /// On Linux a new thread has the priority of the one that starts it, and the thread pool starts its threads from any thread that
    /// queues work. So nothing is queued from the thread of low priority: the caller's thread waits for the result and passes it on.
    /// </remarks>
    /// <param name="work">
    /// The work. It queues nothing for the pool and completes no task that others await. It should be native code except for short steps:
    /// a garbage collection waits until a thread that runs .NET code reaches a point where it can be stopped, however late it is scheduled.
    /// </param>
    public static T RunBehindOthers<T>(Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            LowerMine();
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>
    /// Lowers the priority of the calling thread for good: without the privilege it cannot be raised again. On Linux, where .NET's
    /// <see cref="ThreadPriority"/> has no effect, by the thread's nice value. Does nothing if that is not possible.
    /// </summary>
    private static void LowerMine()
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
            // The system's C library has another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}

using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Switchyard.Storage.Databases;

/// <summary>Lets long work come after the threads that answer calls.</summary>
internal static partial class ThreadPriorities
{
    // Of `setpriority`: what is named is a process, and 0 is the caller, which for Linux is the thread and not its process.
    private const int Process = 0;
    private const int Caller = 0;

    private const int Nice = 10;

    /// <summary>Runs work on a thread of its own and of low priority, and waits for it.</summary>
    /// <remarks>
    /// On Linux a new thread has the priority of the one that starts it, and the thread pool starts its threads from whichever thread
    /// queues work. So nothing is queued from the thread of low priority: the caller's thread waits for the result and passes it on.
    /// </remarks>
    /// <param name="work">
    /// The work. It queues nothing for the pool and completes no task that others await. It should be native code but for short steps: a
    /// garbage collection waits until a thread that runs .NET code comes to a place where it can be stopped, however late it is scheduled.
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
    /// Lowers the priority of the calling thread for good: one that has no right to more cannot raise it again. On Linux, where .NET's
    /// <see cref="ThreadPriority"/> does nothing, by the thread's nice value. Where it cannot be done nothing changes.
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
            // A system whose C library has another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}

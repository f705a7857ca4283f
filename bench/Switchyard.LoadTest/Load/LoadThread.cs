using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Load;

/// <summary>Runs a load loop on a separate thread, bound to the core that upstream and load share.</summary>
internal static class LoadThread
{
    public static Task<T> RunAsync<T>(int core, Func<T> loop)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Bind(core);
                done.SetResult(loop());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = "load" };
        thread.Start();
        return done.Task;
    }

    private static unsafe void Bind(int core)
    {
        const int thisThread = 0;
        var mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        mask[core / 64] = 1UL << (core % 64);
        if (Native.SetAffinity(thisThread, 16 * sizeof(ulong), mask) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}

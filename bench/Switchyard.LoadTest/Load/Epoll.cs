using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Load;

/// <summary>
/// Waits for many sockets on one thread. .NET's asynchronous sockets would hop to the thread pool for each answer, and the load shares
/// its core with the upstream.
/// </summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 0x001;
    private const int Interrupted = 4;

    // The kernel packs the structure on x86-64 only: 4 bytes of flags, then 8 of user data; elsewhere the data is aligned to 8.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(long);

    private readonly byte[] _events;
    private readonly int _capacity;
    private readonly int _descriptor = Native.EpollCreate(flags: 0);

    public Epoll(int capacity)
    {
        if (_descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        _capacity = capacity;
        _events = GC.AllocateArray<byte>(capacity * EventSize, pinned: true);
    }

    /// <summary>Reports <paramref name="tag"/> whenever the socket can be read. Closing the socket ends it.</summary>
    public void Watch(Socket socket, int tag)
    {
        var anEvent = stackalloc byte[EventSize];
        *(uint*)anEvent = Readable;
        *(long*)(anEvent + DataOffset) = tag;
        if (Native.EpollControl(_descriptor, Add, (int)socket.Handle, anEvent) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// Waits at most <paramref name="timeoutMilliseconds"/> and returns how many sockets can be read; see <see cref="Tag"/>.
    /// </summary>
    public int Wait(int timeoutMilliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Native.EpollWait(_descriptor, events, _capacity, timeoutMilliseconds);
            if (count >= 0) return count;
            var error = Marshal.GetLastPInvokeError();
            return error == Interrupted ? 0 : throw new Win32Exception(error);
        }
    }

    public int Tag(int index)
    {
        fixed (byte* events = _events) return (int)*(long*)(events + index * EventSize + DataOffset);
    }

    public void Dispose() => _ = Native.Close(_descriptor);
}

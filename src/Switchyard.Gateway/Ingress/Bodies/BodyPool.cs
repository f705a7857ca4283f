using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// The memory of request bodies. A small one, up to <see cref="Small"/>, is not counted. Larger ones count against one limit for the
/// whole process, beyond which a request is refused. Arrays above 1 MiB are not kept for the next request, because the shared pool
/// would hold the peak of a burst for as long as nothing else needs memory. Thread-safe.
/// </summary>
internal sealed class BodyPool : ArrayPool<byte>, IDisposable
{
    /// <summary>
    /// The largest size that is not counted, 64 KiB: connections are bounded by other means, and most requests are smaller.
    /// </summary>
    public const int Small = 64 * 1024;

    /// <summary>
    /// Bodies up to 4 KiB have a pool that keeps 256 arrays of each size. The shared pool keeps 32 for each processor, and a call holds its
    /// body until it is answered: with 64 calls in flight on two processors a tenth of the arrays would be allocated anew.
    /// </summary>
    private const int LargestLittle = 4 * 1024;

    private const int LargestShared = 1024 * 1024;

    /// <summary>The size of a burst that is worth a collection when it is over, 64 MiB.</summary>
    private const long Burst = 64L * 1024 * 1024;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    private readonly ArrayPool<byte> _little = Create(LargestLittle, 256);

    private readonly ITimer _timer;
    private long _held;
    private long _peak;

    public BodyPool(TimeProvider time)
    {
        Time = time;
        _timer = time.CreateTimer(
            static state => ((BodyPool)state!).GiveBack(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeProvider Time { get; }

    /// <summary>The bytes held by large bodies.</summary>
    public long Held => Interlocked.Read(ref _held);

    public override byte[] Rent(int minimumLength) => Rent(minimumLength, long.MaxValue);

    /// <summary>Takes an array of at least a length.</summary>
    /// <param name="minimumLength">The length.</param>
    /// <param name="limit">The most bytes of all large bodies together (<c>server.max_bodies</c>).</param>
    /// <exception cref="CallException">Together they would exceed the limit.</exception>
    public byte[] Rent(int minimumLength, long limit)
    {
        if (minimumLength <= Small)
            return PoolOf(minimumLength).Rent(minimumLength);
        if (Interlocked.Add(ref _held, minimumLength) > limit)
        {
            Interlocked.Add(ref _held, -minimumLength);
            throw TooMany();
        }

        byte[] array;
        try
        {
            array = minimumLength <= LargestShared ? Shared.Rent(minimumLength) : GC.AllocateUninitializedArray<byte>(minimumLength);
        }
        catch
        {
            Interlocked.Add(ref _held, -minimumLength);
            throw;
        }

        // The pool may return a longer array: its length is what is held, and what Return subtracts.
        var held = Interlocked.Add(ref _held, array.Length - minimumLength);
        if (held > Interlocked.Read(ref _peak))
            Interlocked.Exchange(ref _peak, held);
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        if (array.Length <= LargestShared)
            PoolOf(array.Length).Return(array, clearArray);
        if (array.Length > Small && Interlocked.Add(ref _held, -array.Length) == 0 && Interlocked.Read(ref _peak) >= Burst)
            _timer.Change(s_quiet, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private ArrayPool<byte> PoolOf(int length) => length <= LargestLittle ? _little : Shared;

    private static CallException TooMany() => new(new CallError(
        CallErrorKind.Overloaded, "The gateway is receiving as many large requests as it may (server.max_bodies). Send this one again.")
    {
        RetryAfter = s_quiet,
    });

    /// <summary>
    /// Collects after a burst, once no large body has come for a while: without that its memory would stay with the process until something
    /// else needed some. It blocks for some 10 ms, when little is running, and at most every few seconds.
    /// </summary>
    private void GiveBack()
    {
        if (Held > 0)
            return;
        Interlocked.Exchange(ref _peak, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}

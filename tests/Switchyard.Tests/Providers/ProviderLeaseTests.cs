using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderLeaseTests : IAsyncDisposable
{
    private readonly TestClock _clock = new();
    private readonly ProviderRegistry _registry;
    private readonly RecordingProvider _provider = new();

    public ProviderLeaseTests() => _registry = new ProviderRegistry(context: new ProviderContext { TimeProvider = _clock });

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Covers("S000-66")]
    [Fact]
    public async Task A_replaced_provider_is_disposed_only_when_the_calls_on_it_have_ended()
    {
        await RegisterAsync();
        Assert.True(_registry.TryAcquire("mine", out var first));
        Assert.True(_registry.TryAcquire("mine", out var second));
        var successor = new RecordingProvider();
        await _registry.RegisterAsync("mine", successor, Some.Settings(), replace: true, cancellationToken: Some.Token);
        Assert.True(_registry.TryAcquire("mine", out var third));
        Assert.Same(successor, third.Provider);
        Assert.Same(_provider, first.Provider);
        first.Dispose();
        Assert.False(_provider.IsDisposed);
        second.Dispose();
        Assert.True(_provider.IsDisposed);
        third.Dispose();
        Assert.False(successor.IsDisposed);
    }

    [Fact]
    public async Task Unregistering_does_not_wait_for_calls_in_flight_but_disposal_does()
    {
        await RegisterAsync();
        Assert.True(_registry.TryAcquire("mine", out var lease));
        Assert.True(await _registry.UnregisterAsync("mine"));
        Assert.False(_registry.TryAcquire("mine", out _));
        Assert.False(_provider.IsDisposed);
        Assert.True(_provider.IsInitialized);
        lease.Dispose();
        Assert.True(_provider.IsDisposed);
    }

    [Fact]
    public void A_lease_that_was_never_acquired_is_harmless()
    {
        Assert.False(_registry.TryAcquire("nobody", out var lease));
        Assert.Null(lease.Provider);
        Assert.Equal("", lease.Name);
        Assert.Null(lease.Descriptor);
        lease.Dispose();
    }

    [Fact]
    public async Task A_lease_knows_its_name_and_facts()
    {
        await RegisterAsync();
        using var lease = await _registry.AcquireAsync(" MINE ", Some.Token);
        Assert.NotNull(lease.Provider);
        Assert.Equal("mine", lease.Name);
        Assert.Equal("mine", lease.Descriptor!.Name);
    }

    [Fact]
    public async Task Acquiring_builds_a_class_and_tells_what_is_missing()
    {
        _registry.RegisterClass("lazy", () => new RecordingProvider(), Some.Settings());
        Assert.False(_registry.TryAcquire("lazy", out _));
        using (var lease = await _registry.AcquireAsync("lazy", Some.Token))
            Assert.NotNull(lease.Provider);
        await Assert.ThrowsAsync<ProviderException>(() => _registry.AcquireAsync("nobody", Some.Token).AsTask());
    }

    [Fact]
    public async Task Shutting_down_waits_for_calls_in_flight_but_not_for_ever()
    {
        await RegisterAsync();
        Assert.True(_registry.TryAcquire("mine", out var lease));
        var closing = _registry.DisposeAsync().AsTask();
        await _clock.WaitForTimersAsync();
        Assert.False(_provider.IsDisposed);
        _clock.Advance(_registry.ShutdownGrace);
        await closing;
        Assert.True(_provider.IsDisposed);
        lease.Dispose();
        Assert.Equal(1, _provider.Disposals);
    }

    [Fact]
    public async Task Shutting_down_ends_as_soon_as_the_last_call_has()
    {
        await RegisterAsync();
        Assert.True(_registry.TryAcquire("mine", out var lease));
        var closing = _registry.DisposeAsync().AsTask();
        await _clock.WaitForTimersAsync();
        lease.Dispose();
        await closing.WaitAsync(TimeSpan.FromSeconds(10), Some.Token);
        Assert.Equal(TimeSpan.Zero, _clock.Elapsed);
    }

    [Fact]
    public async Task A_disposal_that_fails_does_no_harm()
    {
        await _registry.RegisterAsync(
            "bad", new RecordingProvider { OnDispose = () => throw new InvalidOperationException() }, Some.Settings());
        Assert.True(await _registry.UnregisterAsync("bad"));
    }

    [Fact]
    public async Task No_provider_is_ever_used_after_its_disposal_however_calls_and_swaps_interleave()
    {
        var all = new List<RecordingProvider>();
        await SwapAsync();
        var used = 0;
        var stop = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (Volatile.Read(ref stop) == 0)
                {
                    if (!_registry.TryAcquire("mine", out var lease))
                        continue;
                    Assert.False(((RecordingProvider)lease.Provider).IsDisposed);
                    Thread.SpinWait(20);
                    Assert.False(((RecordingProvider)lease.Provider).IsDisposed);
                    lease.Dispose();
                    Interlocked.Increment(ref used);
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        for (var i = 0; i < 300; i++)
        {
            await SwapAsync();
            await Task.Yield();
        }

        while (Volatile.Read(ref used) == 0)
            await Task.Yield();
        Volatile.Write(ref stop, 1);
        await Task.WhenAll(callers);
        await _registry.DisposeAsync();
        Assert.All(all, provider => Assert.Equal(1, provider.Disposals));

        async Task SwapAsync()
        {
            var provider = new RecordingProvider();
            all.Add(provider);
            await _registry.RegisterAsync("mine", provider, Some.Settings(), replace: true);
        }
    }

    [Fact]
    public async Task Looking_up_and_leasing_a_ready_provider_allocates_nothing()
    {
        await RegisterAsync();
        await _registry.RegisterAsync("huggingface", new RecordingProvider(), Some.Settings());
        Use("mine");
        Use("hug");

        // The runtime may allocate while it recompiles a method; the methods' own allocations are in every round.
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedInARound()).ToList());

        long AllocatedInARound()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                Use("mine");
                Use("Mine ");
                Use("hug");
                _registry.TryAcquire("mine/some-model".AsSpan(0, 4), out var lease);
                lease.Dispose();
                _registry.TryGet("nobody", out _);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Use(string name)
        {
            if (!_registry.TryAcquire(name, out var lease) || !_registry.TryGet(name, out _))
                throw new InvalidOperationException();
            lease.Dispose();
        }
    }

    private async Task RegisterAsync() => await _registry.RegisterAsync("mine", _provider, Some.Settings(), cancellationToken: Some.Token);
}

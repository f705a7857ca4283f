using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderRegistryLazyTests : IAsyncDisposable
{
    private readonly ProviderRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Covers("S000-13")]
    [Fact]
    public void A_class_is_known_before_anything_is_built()
    {
        _registry.RegisterClass("lazy", () => throw new InvalidOperationException("built"), Some.Settings());
        Assert.True(_registry.Contains("lazy"));
        Assert.Equal(["lazy"], _registry.List());
        Assert.False(_registry.TryGet("lazy", out _));
        Assert.Null(_registry.All[0].Provider);
    }

    [Covers("S000-14")]
    [Fact]
    public async Task It_is_built_and_initialized_on_first_use_with_its_settings()
    {
        var settings = Some.Settings();
        var built = 0;
        _registry.RegisterClass("lazy", () =>
        {
            built++;
            return new RecordingProvider();
        }, settings);
        var first = (RecordingProvider)(await _registry.GetAsync("lazy", Some.Token))!;
        Assert.Same(settings, first.CurrentSettings);
        Assert.Same(first, await _registry.GetAsync("lazy", Some.Token));
        Assert.Equal(1, built);
        Assert.True(_registry.TryGet("lazy", out _));
    }

    [Covers("S000-15")]
    [Fact]
    public async Task A_class_is_registered_once()
    {
        _registry.RegisterClass("lazy", () => new RecordingProvider());
        var error = Assert.Throws<ProviderException>(() => _registry.RegisterClass("Lazy", () => new RecordingProvider()));
        Assert.Equal("Provider class lazy is already registered", error.Message);
        await _registry.RegisterAsync("ready", new RecordingProvider(), Some.Settings());
        error = Assert.Throws<ProviderException>(() => _registry.RegisterClass("ready", () => new RecordingProvider()));
        Assert.StartsWith("Provider ready is already registered", error.Message, StringComparison.Ordinal);
        // A class has no such parameter.
        Assert.DoesNotContain("replace: true", error.Message, StringComparison.Ordinal);
    }

    [Covers("S000-16")]
    [Fact]
    public async Task A_class_without_settings_gives_no_provider()
    {
        _registry.RegisterClass("lazy", () => new RecordingProvider());
        Assert.Null(await _registry.GetAsync("lazy", Some.Token));
        var error = await Assert.ThrowsAsync<ProviderException>(() => _registry.GetRequiredAsync("lazy", Some.Token).AsTask());
        Assert.Contains("without settings", error.Message, StringComparison.Ordinal);
    }

    [Covers("S000-18")]
    [Fact]
    public async Task A_hundred_concurrent_first_gets_build_one_instance()
    {
        var built = 0;
        var gate = new TaskCompletionSource();
        _registry.RegisterClass("lazy", () =>
        {
            Interlocked.Increment(ref built);
            return new RecordingProvider { OnInitialize = () => gate.Task };
        }, Some.Settings());
        using var start = new Barrier(4);
        var asks = Enumerable.Range(0, 4).SelectMany(_ =>
        {
            var batch = new Task<IProvider?>[25];
            return new[]
            {
                Task.Factory.StartNew(
                    () =>
                    {
                        start.SignalAndWait();
                        for (var i = 0; i < batch.Length; i++)
                            batch[i] = _registry.GetAsync("lazy").AsTask();
                        return Task.WhenAll(batch);
                    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap(),
            };
        }).ToList();
        while (Volatile.Read(ref built) == 0)
            await Task.Yield();
        gate.SetResult();
        var all = (await Task.WhenAll(asks)).SelectMany(batch => batch).ToList();
        Assert.Equal(100, all.Count);
        Assert.Equal(1, built);
        Assert.Single(all.Distinct());
        Assert.Single(((RecordingProvider)all[0]!).Steps, step => step == "validate");
    }

    [Covers("Y10", "S001-31")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_old_build_that_ends_late_does_not_touch_the_one_who_has_its_name_now(bool fails)
    {
        var late = new TaskCompletionSource();
        _registry.RegisterClass("lazy", () => new RecordingProvider { OnInitialize = () => late.Task }, Some.Settings());
        var building = _registry.GetAsync("lazy", Some.Token).AsTask();
        await _registry.UnregisterAsync("lazy");
        await _registry.RegisterAsync("lazy", new RecordingProvider(), Some.Settings());
        var version = _registry.Version;

        if (fails)
            late.SetException(new InvalidOperationException("too late"));
        else
            late.SetResult();
        await building.ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.Empty(_registry.LoadErrors);
        Assert.Equal(version, _registry.Version);
        Assert.True(_registry.TryGet("lazy", out _));
    }

    [Covers("Y10")]
    [Fact]
    public async Task A_name_that_could_not_be_loaded_is_not_reported_broken_once_it_is_unregistered()
    {
        await _registry.LoadAsync(new ProviderRegistration(
            "lost", Some.Settings(), new ProviderDescriptor { Name = "lost" }, () => throw new ProviderException("no")));
        Assert.Single(_registry.LoadErrors);

        await _registry.UnregisterAsync("lost");

        Assert.Empty(_registry.LoadErrors);
    }

    [Covers("S001-30")]
    [Fact]
    public async Task A_failed_build_reaches_all_who_waited_and_the_next_ask_tries_again()
    {
        var attempts = 0;
        var first = new RecordingProvider { OnInitialize = () => throw new InvalidOperationException("first") };
        _registry.RegisterClass("lazy", () => ++attempts == 1 ? first : new RecordingProvider(), Some.Settings());
        await Assert.ThrowsAsync<InvalidOperationException>(() => _registry.GetAsync("lazy", Some.Token).AsTask());
        Assert.Equal("InvalidOperationException: first", _registry.LoadErrors["lazy"]);
        Assert.True(first.IsDisposed);
        Assert.NotNull(await _registry.GetAsync("lazy", Some.Token));
        Assert.Empty(_registry.LoadErrors);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task One_callers_cancellation_ends_its_waiting_and_not_the_building()
    {
        var gate = new TaskCompletionSource();
        _registry.RegisterClass("lazy", () => new RecordingProvider { OnInitialize = () => gate.Task }, Some.Settings());
        using var source = new CancellationTokenSource();
        var impatient = _registry.GetAsync("lazy", source.Token).AsTask();
        var patient = _registry.GetAsync("lazy", Some.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        gate.SetResult();
        Assert.NotNull(await patient);
    }

    [Fact]
    public async Task What_is_unregistered_while_it_is_being_built_is_disposed_when_it_stands()
    {
        var gate = new TaskCompletionSource();
        var disposed = new TaskCompletionSource();
        var provider = new RecordingProvider
        {
            OnInitialize = () => gate.Task,
            OnDispose = () =>
            {
                disposed.SetResult();
                return Task.CompletedTask;
            },
        };
        _registry.RegisterClass("lazy", () => provider, Some.Settings());
        var asking = _registry.GetAsync("lazy", Some.Token).AsTask();
        Assert.True(await _registry.UnregisterAsync("lazy"));
        gate.SetResult();
        await asking;
        await disposed.Task.WaitAsync(TimeSpan.FromSeconds(10), Some.Token);
    }

    [Fact]
    public async Task A_factory_may_ask_the_registry_for_another_provider()
    {
        _registry.RegisterClass("base", () => new RecordingProvider(), Some.Settings());
        _registry.RegisterClass("derived", () =>
        {
            Assert.True(_registry.GetAsync("base").AsTask().IsCompletedSuccessfully);
            return new RecordingProvider();
        }, Some.Settings());
        Assert.NotNull(await _registry.GetAsync("derived", Some.Token));
    }

    [Fact]
    public async Task A_class_is_made_with_the_defaults_of_its_constructor()
    {
        _registry.RegisterClass("mock", typeof(MockProvider), Some.Settings("mock"));
        Assert.IsType<MockProvider>(await _registry.GetAsync("mock", Some.Token));
    }
}

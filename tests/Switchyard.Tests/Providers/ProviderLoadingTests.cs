using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderLoadingTests : IAsyncDisposable
{
    private readonly FakeLoggerProvider _logs = new();
    private readonly LoggerFactory _loggers;
    private readonly ProviderRegistry _registry;

    public ProviderLoadingTests()
    {
        _loggers = new LoggerFactory([_logs]);
        _registry = new ProviderRegistry(context: new ProviderContext { LoggerFactory = _loggers });
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _loggers.Dispose();
    }

    [Covers("S004-04")]
    [Fact]
    public async Task Those_that_fail_do_not_stop_the_others_and_are_recorded()
    {
        var report = await _registry.LoadAllAsync(
            [
                Loading("zeta"),
                Loading("broken", () => throw new InvalidOperationException("no module")),
                Loading("alpha"),
                Loading("refused", () => new RecordingProvider { OnInitialize = () => throw new ProviderException("no network") }),
            ], cancellationToken: Some.Token);
        Assert.Equal(["alpha", "zeta"], report.Loaded);
        Assert.Equal(["alpha", "zeta"], _registry.List());
        Assert.Equal("InvalidOperationException: no module", report.Errors["broken"]);
        Assert.Equal("ProviderException: no network", _registry.LoadErrors["refused"]);
        Assert.True(_registry.TryGet("alpha", out _));
        Assert.False(_registry.TryGet("broken", out _));
    }

    [Covers("S004-03")]
    [Fact]
    public async Task Loading_one_tells_whether_it_worked_and_never_throws()
    {
        Assert.True(await _registry.LoadAsync(Loading("fine"), cancellationToken: Some.Token));
        Assert.False(
            await _registry.LoadAsync(Loading("broken", () => throw new InvalidOperationException()), cancellationToken: Some.Token));
    }

    [Covers("S004-05")]
    [Fact]
    public async Task Asking_for_one_that_failed_is_a_503_cut_to_a_hundred_characters()
    {
        await _registry.LoadAllAsync(
            [Loading("broken", () => throw new InvalidOperationException(new string('x', 500)))], cancellationToken: Some.Token);
        var error = _registry.Explain("broken", "make_request");
        Assert.Equal(503, error.Status);
        var reason = ("InvalidOperationException: " + new string('x', 500))[..100];
        Assert.Equal($"Provider 'broken' is unavailable: make_request failed to load. Error: {reason}", error.Message);
    }

    [Covers("S004-06")]
    [Fact]
    public async Task The_outcome_is_logged()
    {
        await _registry.LoadAllAsync(
            [Loading("b"), Loading("a"), Loading("broken", () => throw new InvalidOperationException(new string('x', 500)))],
            cancellationToken: Some.Token);
        var records = _logs.Collector.GetSnapshot()
            .Where(record => record.Category!.EndsWith("ProviderRegistry", StringComparison.Ordinal))
            .ToList();
        Assert.Equal("Provider loading complete: 2 loaded, 1 failed", records[0].Message);
        Assert.Equal("Available providers: a, b", records[1].Message);
        Assert.Equal(LogLevel.Warning, records[2].Level);
        var reason = ("InvalidOperationException: " + new string('x', 500))[..100];
        Assert.Equal($"Provider 'broken' could not be loaded: {reason}", records[2].Message);
        Assert.Equal(3, records.Count);
    }

    [Covers("S004-18")]
    [Fact]
    public async Task The_errors_are_a_copy()
    {
        await _registry.LoadAllAsync([Loading("broken", () => throw new InvalidOperationException("x"))], cancellationToken: Some.Token);
        var errors = _registry.LoadErrors;
        Assert.NotSame(errors, _registry.LoadErrors);
        await _registry.LoadAllAsync([Loading("other", () => throw new InvalidOperationException("x"))], cancellationToken: Some.Token);
        Assert.Single(errors);
    }

    [Fact]
    public async Task A_second_load_that_works_clears_the_error()
    {
        await _registry.LoadAsync(Loading("mine", () => throw new InvalidOperationException("x")), cancellationToken: Some.Token);
        Assert.True(await _registry.LoadAsync(Loading("mine"), cancellationToken: Some.Token));
        Assert.Empty(_registry.LoadErrors);
    }

    [Fact]
    public async Task A_newcomer_that_fails_does_not_make_the_one_in_place_unavailable()
    {
        await _registry.LoadAsync(Loading("mine"), cancellationToken: Some.Token);
        var report = await _registry.LoadAllAsync(
            [Loading("mine", () => throw new InvalidOperationException("x"))], replace: true, cancellationToken: Some.Token);
        Assert.Single(report.Errors);
        Assert.True(_registry.TryGet("mine", out _));
        Assert.Empty(_registry.LoadErrors);
    }

    [Fact]
    public async Task What_failed_is_disposed_and_what_was_replaced_too()
    {
        var failed = new RecordingProvider { OnInitialize = () => throw new InvalidOperationException() };
        await _registry.LoadAsync(Loading("mine", () => failed), cancellationToken: Some.Token);
        Assert.True(failed.IsDisposed);
        var first = new RecordingProvider();
        await _registry.LoadAsync(Loading("mine", () => first), cancellationToken: Some.Token);
        await _registry.LoadAllAsync([Loading("mine")], replace: true, cancellationToken: Some.Token);
        Assert.True(first.IsDisposed);
    }

    [Fact]
    public async Task Of_equal_priorities_the_first_in_the_list_comes_first_however_long_each_takes()
    {
        var gate = new TaskCompletionSource();
        var loading = _registry.LoadAllAsync(
            [Loading("slow", () => new RecordingProvider { OnInitialize = () => gate.Task }), Loading("fast")]).AsTask();
        while (_registry.GetRegisteredName("fast") is null)
            await Task.Yield();
        gate.SetResult();
        await loading;
        Assert.Equal(["slow", "fast"], _registry.All.Select(one => one.Name));
    }

    [Fact]
    public async Task A_key_quoted_by_a_failure_is_not_recorded()
    {
        var loading = Loading(
            "mine", () => new RecordingProvider { OnInitialize = () => throw new InvalidOperationException($"refused {Some.Secret}") })
            with { Settings = Some.Settings(key: Some.Secret) };
        await _registry.LoadAllAsync([loading], cancellationToken: Some.Token);
        Assert.Equal("InvalidOperationException: refused ***", _registry.LoadErrors["mine"]);
        Assert.DoesNotContain(_logs.Collector.Lines, line => line.Text.Contains(Some.Secret, StringComparison.Ordinal));
        Assert.DoesNotContain(Some.Secret, loading.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_the_loading_is_the_one_thing_it_throws()
    {
        using var source = new CancellationTokenSource();
        var loading = _registry.LoadAllAsync(
            [Loading("mine", () => new RecordingProvider { OnInitialize = () => Task.Delay(Timeout.Infinite, source.Token) })],
            cancellationToken: source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading);
        Assert.Empty(_registry.LoadErrors);
    }

    private static ProviderRegistration Loading(string name, Func<IProvider>? factory = null) =>
        new(name, Some.Settings(), new ProviderDescriptor { Name = name }, factory ?? (() => new RecordingProvider(name)));
}

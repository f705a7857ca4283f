using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderBaseTests : IDisposable
{
    private readonly FakeLoggerProvider _logs = new();
    private readonly LoggerFactory _loggers;

    public ProviderBaseTests() => _loggers = new LoggerFactory([_logs]);

    private ProviderContext Context => new() { LoggerFactory = _loggers };

    public void Dispose() => _loggers.Dispose();

    [Covers("S000-22", "S000-25")]
    [Fact]
    public async Task Settings_are_validated_then_stored_then_the_hook_runs_then_it_is_ready()
    {
        await using var provider = new RecordingProvider();
        Assert.False(provider.IsInitialized);
        var settings = Some.Settings();
        await provider.InitializeAsync(settings, Some.Token);
        Assert.Equal(["validate", "initialize (ready: False)"], provider.Steps);
        Assert.True(provider.IsInitialized);
        Assert.Same(settings, provider.CurrentSettings);
    }

    [Covers("S000-26")]
    [Fact]
    public async Task After_a_failed_initialization_it_is_not_initialized_and_may_be_tried_again()
    {
        var fails = true;
        await using var provider =
            new RecordingProvider { OnInitialize = () => fails ? throw new InvalidOperationException("no") : Task.CompletedTask };
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await provider.InitializeAsync(Some.Settings(), Some.Token));
        Assert.False(provider.IsInitialized);
        fails = false;
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        Assert.True(provider.IsInitialized);
    }

    [Covers("S000-27", "S000-42")]
    [Fact]
    public async Task A_failure_is_logged_and_rethrown_as_it_is()
    {
        var failure = new InvalidOperationException("no network");
        await using var provider = new RecordingProvider("mine", Context) { OnInitialize = () => throw failure };
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await provider.InitializeAsync(Some.Settings(), Some.Token));
        Assert.Same(failure, thrown);
        var record = Assert.Single(_logs.Collector.GetSnapshot());
        Assert.Equal(
            ("Switchyard.Providers.mine", LogLevel.Error, "Provider initialization failed: no network"),
            (record.Category, record.Level, record.Message));
        Assert.Null(record.Exception);
    }

    [Fact]
    public async Task A_key_quoted_by_a_failure_does_not_reach_the_log()
    {
        await using var provider =
            new RecordingProvider("mine", Context) { OnInitialize = () => throw new InvalidOperationException($"refused {Some.Secret}") };
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await provider.InitializeAsync(Some.Settings(key: Some.Secret), Some.Token));
        Assert.Equal("Provider initialization failed: refused ***", Assert.Single(_logs.Collector.Lines).Text);
    }

    [Covers("S000-23", "S000-28")]
    [Fact]
    public async Task A_key_is_required_where_the_provider_needs_one()
    {
        await using var provider = new RecordingProvider { NeedsKey = true };
        Assert.Equal("API key is required", await FailureAsync(provider, Some.Settings()));
        Assert.Equal("API key is required", await FailureAsync(provider, Some.Settings(key: "  ")));
        await provider.InitializeAsync(Some.Settings(key: "k"), Some.Token);
    }

    [Covers("S000-23", "S000-29")]
    [Fact]
    public async Task A_type_is_required()
    {
        await using var provider = new RecordingProvider();
        Assert.Equal("Provider type is required", await FailureAsync(provider, Some.Settings(type: " ")));
    }

    [Covers("S000-30")]
    [Theory]
    [InlineData(999, false)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(1000, true)]
    public async Task A_timeout_is_at_least_a_second(int milliseconds, bool isAccepted)
    {
        await using var provider = new RecordingProvider();
        var settings = Some.Settings() with { Timeout = TimeSpan.FromMilliseconds(milliseconds) };
        if (isAccepted)
            await provider.InitializeAsync(settings, Some.Token);
        else
            Assert.Equal("Timeout must be at least 1000ms", await FailureAsync(provider, settings));
    }

    [Covers("S000-31")]
    [Fact]
    public async Task Negative_retries_are_refused_and_none_are_fine()
    {
        await using var provider = new RecordingProvider();
        Assert.Equal("Max retries must be non-negative", await FailureAsync(provider, Some.Settings() with { MaxRetries = -1 }));
        await provider.InitializeAsync(Some.Settings() with { MaxRetries = 0 }, Some.Token);
        Assert.True(provider.IsInitialized);
    }

    [Covers("S000-32", "S000-63")]
    [Fact]
    public async Task A_check_of_the_providers_own_stops_the_initialization()
    {
        await using var provider = new RecordingProvider { Refusal = "A region is required" };
        Assert.Equal("A region is required", await FailureAsync(provider, Some.Settings()));
        Assert.Equal(["validate"], provider.Steps);
    }

    [Fact]
    public async Task Before_initialization_and_after_disposal_the_guard_stops_every_operation()
    {
        var provider = new RecordingProvider();
        var before = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        Assert.Equal("Provider 'recording' is not initialized.", before.Message);
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        await provider.DisposeAsync();
        var after = await Assert.ThrowsAsync<ProviderException>(async () => await provider.GetModelAsync("known", Some.Token));
        Assert.Equal("Provider 'recording' is disposed.", after.Message);
        Assert.False(provider.IsInitialized);
    }

    [Fact]
    public async Task It_is_initialized_once()
    {
        await using var provider = new RecordingProvider();
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        Assert.Equal("Provider 'recording' is already initialized.", await FailureAsync(provider, Some.Settings()));
        Assert.True(provider.IsInitialized);
    }

    [Covers("S000-22", "S000-45", "S000-46")]
    [Fact]
    public async Task A_known_model_is_described_and_an_unknown_one_is_not_found()
    {
        await using var provider = new RecordingProvider();
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        Assert.Equal("Known", (await provider.GetModelAsync("known", Some.Token)).Name);
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.GetModelAsync("nope", Some.Token));
        Assert.Equal("Model nope not found", error.Message);
    }

    [Covers("S000-47")]
    [Fact]
    public async Task Validating_a_model_never_throws_but_warns()
    {
        await using var provider = new RecordingProvider("mine", Context);
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        Assert.True(await provider.ValidateModelAsync("known", Some.Token));
        Assert.False(await provider.ValidateModelAsync("nope", Some.Token));
        var record = Assert.Single(_logs.Collector.GetSnapshot());
        Assert.Equal(("Switchyard.Providers.mine", LogLevel.Warning), (record.Category, record.Level));
        Assert.Contains("Model nope not found", record.Message, StringComparison.Ordinal);
    }

    [Covers("S000-47")]
    [Fact]
    public async Task An_unreachable_provider_validates_nothing_and_does_not_throw()
    {
        await using var provider = new RecordingProvider { ListFailure = new HttpRequestException("down") };
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        Assert.False(await provider.ValidateModelAsync("known", Some.Token));
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_not_taken_for_an_unknown_model()
    {
        await using var provider = new RecordingProvider();
        await provider.InitializeAsync(Some.Settings(), Some.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await provider.ValidateModelAsync("known", new CancellationToken(true)));
    }

    [Covers("S002-36")]
    [Fact]
    public async Task Closing_is_always_safe()
    {
        var provider = new RecordingProvider();
        await provider.DisposeAsync();
        await provider.DisposeAsync();
        Assert.Equal(1, provider.Disposals);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await provider.InitializeAsync(Some.Settings(), Some.Token));
    }

    [Covers("S002-37")]
    [Fact]
    public async Task The_end_of_its_scope_closes_it_after_a_failure_too()
    {
        var provider = new RecordingProvider();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using (provider)
                throw new InvalidOperationException();
        });
        Assert.True(provider.IsDisposed);
    }

    [Fact]
    public void Settings_never_show_their_key() =>
        Assert.DoesNotContain(Some.Secret, Some.Settings(key: Some.Secret).ToString(), StringComparison.Ordinal);

    private static async Task<string> FailureAsync(RecordingProvider provider, ProviderSettings settings) =>
        (await Assert.ThrowsAsync<ProviderException>(async () => await provider.InitializeAsync(settings, Some.Token))).Message;
}

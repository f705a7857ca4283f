using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Listing;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Routing;

public sealed class ModelDirectoryTests : IAsyncDisposable
{
    private readonly TestClock _time = new();
    private readonly FakeLoggerProvider _log = new();
    private readonly ServiceProvider _services;
    private readonly SwitchyardEngine _engine;

    public ModelDirectoryTests()
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddLogging(logging => logging.AddProvider(_log));
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["mock"] = new ProviderOptions();
        });
        _services = services.BuildServiceProvider();
        _engine = _services.GetRequiredService<SwitchyardEngine>();
    }

    [Fact]
    public async Task An_answer_is_kept_ten_minutes_and_then_renewed_behind_the_callers_back()
    {
        var provider = await AddAsync("acme", () => ["one"]);
        Assert.Equal(["acme/one"], await ListAsync());
        provider.Models = () => ["two"];

        _time.Advance(ModelDirectory.MaxAge);
        Assert.Equal(["acme/one"], await ListAsync());
        Assert.Equal(1, provider.Asked);

        _time.Advance(TimeSpan.FromSeconds(1));
        // The caller that finds the list too old still gets it.
        Assert.Equal(["acme/one"], await ListAsync());
        Assert.Equal(2, provider.Asked);
        Assert.Equal(["acme/two"], await ListAsync());
    }

    [Fact]
    public async Task One_provider_that_fails_takes_nothing_from_the_others_and_keeps_what_it_said_last()
    {
        var good = await AddAsync("good", () => ["one"]);
        var bad = await AddAsync("bad", () => ["two"]);
        Assert.Equal(["bad/two", "good/one"], await ListAsync());
        good.Models = () => ["one", "more"];
        bad.Models = () => throw new ProviderException("HTTP 500");

        _time.Advance(ModelDirectory.MaxAge + TimeSpan.FromSeconds(1));
        await ListAsync();

        Assert.Equal(["bad/two", "good/more", "good/one"], await ListAsync());
        Assert.Contains(
            _log.Collector.Lines, line => line.Text.Contains("bad did not list its models: HTTP 500", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_failed_is_left_alone_for_half_a_minute()
    {
        var provider = await AddAsync("bad", () => throw new ProviderException("HTTP 503"));
        Assert.Empty(await ListAsync());
        await ListAsync();
        Assert.Equal(1, provider.Asked);
        provider.Models = () => ["one"];

        _time.Advance(ModelDirectory.RetryAfter + TimeSpan.FromSeconds(1));
        await ListAsync();

        Assert.Equal(["bad/one"], await ListAsync());
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_question_and_one_that_leaves_spoils_it_for_no_other()
    {
        var answer = new TaskCompletionSource<string[]>();
        var provider = await AddAsync("slow", () => [], answer.Task);
        using var leaving = new CancellationTokenSource();
        var first = _engine.Models.ListAsync(leaving.Token).AsTask();
        var second = ListAsync();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult(["one"]);

        Assert.Equal(["slow/one"], await second);
        Assert.Equal(1, provider.Asked);
    }

    [Fact]
    public async Task A_provider_that_never_answers_is_given_up_after_five_seconds()
    {
        await AddAsync("silent", () => [], new TaskCompletionSource<string[]>().Task);
        await AddAsync("good", () => ["one"]);
        var list = ListAsync();
        Assert.False(list.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["good/one"], await list);
    }

    [Fact]
    public async Task A_provider_replaced_by_another_of_its_name_is_asked_anew()
    {
        await AddAsync("acme", () => ["one"]);
        Assert.Equal(["acme/one"], await ListAsync());

        await _engine.Registry.RegisterAsync(
            "acme", new ListingProvider("acme", () => ["two"], null), new ProviderSettings { Type = "acme" }, replace: true);

        Assert.Equal(["acme/two"], await ListAsync());
    }

    [Fact]
    public async Task A_name_is_valid_when_its_provider_lists_it()
    {
        await AddAsync("acme", () => ["one"]);

        Assert.True(await _engine.Models.ValidateAsync("acme/one", default));
        Assert.False(await _engine.Models.ValidateAsync("acme/two", default));
        Assert.False(await _engine.Models.ValidateAsync("nowhere/two", default));
        Assert.True(await _engine.Models.ValidateAsync("mock/mock-model-v1", default));
    }

    [Fact]
    public async Task One_model_is_described_without_asking_other_providers()
    {
        var acme = await AddAsync("acme", () => ["one"]);
        var other = await AddAsync("other", () => ["one"]);

        var model = await _engine.Models.GetAsync("acme/one", default);

        Assert.Equal(("acme/one", "acme", "one", 777), (model.Id, model.Provider, model.Model, model.ContextWindow));
        Assert.Equal((1, 0), (acme.Asked, other.Asked));
        Assert.Equal(
            CallErrorKind.ModelNotFound,
            (await Assert.ThrowsAsync<CallException>(() => _engine.Models.GetAsync("nowhere", default).AsTask())).Error.Kind);
    }

    [Fact]
    public async Task A_vendor_that_cannot_be_asked_is_listed_from_the_catalogue_with_prices()
    {
        var options = new SwitchyardOptions { AutoEnable = false };
        // No server listens there.
        options.Providers["groq"] = new ProviderOptions { Key = "gsk-none", BaseUrl = "http://127.0.0.1:1/v1" };
        await _engine.ApplyAsync(options);

        var models = await _engine.Models.ListAsync(default);

        var model = models.Single(model => model.Id == "groq/llama-3.3-70b-versatile");
        Assert.Equal(0.59m, model.Info!.PriceOn(new DateOnly(2026, 11, 20))!.Rates.Input);
        Assert.DoesNotContain(models, one => one.Info?.Status == "deprecated");
    }

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();

    private async Task<ListingProvider> AddAsync(string name, Func<string[]> models, Task<string[]>? later = null)
    {
        await _engine.StartAsync();
        var provider = new ListingProvider(name, models, later);
        await _engine.Registry.RegisterAsync(name, provider, new ProviderSettings { Type = name });
        return provider;
    }

    private async Task<string[]> ListAsync() =>
        [
            .. (await _engine.Models.ListAsync(default)).Select(model => model.Id)
                .Where(id => !id.StartsWith("mock/", StringComparison.Ordinal)),
        ];

    private sealed class ListingProvider(string name, Func<string[]> models, Task<string[]>? later) : ProviderBase(name)
    {
        private int _asked;

        public Func<string[]> Models { get; set; } = models;

        public int Asked => Volatile.Read(ref _asked);

        protected override bool RequiresApiKey => false;

        public override bool ServesModel(string modelId) => false;

        protected override async ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            var names = later is null ? Models() : await later.WaitAsync(cancellationToken);
            return [
                .. names.Select(id => new ProviderModel
                {
                    Id = id,
                    Name = id,
                    Provider = Name,
                    Capabilities = new ModelCapabilities { MaxContextTokens = 777 },
                })];
        }
    }
}

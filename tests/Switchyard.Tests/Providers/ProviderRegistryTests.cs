using System.Reflection;
using Switchyard.Calls;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

[Covers("S000-60")]
public sealed class ProviderRegistryTests : IAsyncDisposable
{
    private readonly ProviderRegistry _registry = new();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Covers("S000-01", "S000-07", "S002-47", "S004-14")]
    [Fact]
    public async Task A_fresh_registry_is_empty()
    {
        Assert.Empty(_registry.List());
        Assert.False(_registry.Contains("openai"));
        Assert.False(_registry.Contains(""));
        Assert.Null(_registry.GetRegisteredName("openai"));
        Assert.Null(await _registry.GetAsync("openai", Some.Token));
        Assert.False(_registry.TryGet("openai", out _));
    }

    [Covers("S000-02")]
    [Fact]
    public async Task A_provider_is_initialized_before_it_becomes_visible()
    {
        var wasVisible = true;
        var provider = new RecordingProvider
        {
            OnInitialize = () =>
            {
                wasVisible = _registry.Contains("mine");
                return Task.CompletedTask;
            },
        };
        await _registry.RegisterAsync("mine", provider, Some.Settings(), cancellationToken: Some.Token);
        Assert.False(wasVisible);
        Assert.True(_registry.Contains(" Mine "));
        Assert.True(provider.IsInitialized);
    }

    [Covers("S000-03", "S000-64", "S002-52", "S003-07", "S004-19")]
    [Fact]
    public async Task Registering_a_name_twice_is_refused_and_the_way_out_is_named()
    {
        var first = await RegisterAsync("mine");
        var error = await Assert.ThrowsAsync<ProviderException>(() => RegisterAsync("mine"));
        Assert.StartsWith("Provider mine is already registered", error.Message, StringComparison.Ordinal);
        Assert.Contains("Each name is registered once", error.Message, StringComparison.Ordinal);
        Assert.Contains("UnregisterAsync", error.Message, StringComparison.Ordinal);
        Assert.Contains("replace: true", error.Message, StringComparison.Ordinal);
        Assert.Same(first, await _registry.GetAsync("mine", Some.Token));
    }

    [Fact]
    public async Task Two_registrations_of_one_name_at_once_leave_one()
    {
        var gate = new TaskCompletionSource();
        var tasks = Enumerable.Range(0, 10).Select(_ => TryRegisterAsync()).ToList();
        gate.SetResult();
        Assert.Equal(1, (await Task.WhenAll(tasks)).Count(won => won));

        async Task<bool> TryRegisterAsync()
        {
            try
            {
                await _registry.RegisterAsync("mine", new RecordingProvider { OnInitialize = () => gate.Task }, Some.Settings());
                return true;
            }
            catch (ProviderException)
            {
                return false;
            }
        }
    }

    [Covers("S000-04", "S000-34")]
    [Fact]
    public async Task An_unregistered_name_is_free_again()
    {
        var first = await RegisterAsync("mine");
        Assert.True(await _registry.UnregisterAsync("mine"));
        Assert.False(_registry.Contains("mine"));
        Assert.True(first.IsDisposed);
        await RegisterAsync("mine");
        Assert.NotNull(_registry.GetRegisteredName("mine"));
    }

    [Covers("S000-05")]
    [Fact]
    public async Task Unregistering_what_is_not_there_is_false() => Assert.False(await _registry.UnregisterAsync("nobody"));

    [Covers("S000-06")]
    [Fact]
    public async Task A_class_is_unregistered_too()
    {
        _registry.RegisterClass("lazy", () => new RecordingProvider(), Some.Settings());
        Assert.True(await _registry.UnregisterAsync("lazy"));
        Assert.Null(_registry.GetRegisteredName("lazy"));
        _registry.RegisterClass("lazy", () => new RecordingProvider(), Some.Settings());
    }

    [Covers("S000-08", "S001-58", "S001-59", "S002-47", "S004-14")]
    [Fact]
    public async Task The_same_instance_is_returned_each_time()
    {
        var provider = await RegisterAsync("mine");
        Assert.Same(provider, await _registry.GetAsync("mine", Some.Token));
        Assert.Same(provider, await _registry.GetAsync(" MINE ", Some.Token));
        Assert.True(_registry.TryGet("Mine", out var found));
        Assert.Same(provider, found);
    }

    [Covers("S000-09", "S002-48", "S004-15")]
    [Fact]
    public async Task Every_name_is_listed_once_and_sorted()
    {
        await RegisterAsync("zeta");
        _registry.RegisterClass("alpha", () => new RecordingProvider(), Some.Settings());
        await RegisterAsync("mid");
        Assert.Equal(["alpha", "mid", "zeta"], _registry.List());
    }

    [Covers("S000-10")]
    [Fact]
    public async Task A_failed_initialization_reaches_the_caller_and_registers_nothing()
    {
        var failure = new InvalidOperationException("no network");
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _registry.RegisterAsync("mine", new RecordingProvider { OnInitialize = () => throw failure }, Some.Settings()).AsTask());
        Assert.Same(failure, thrown);
        Assert.Null(_registry.GetRegisteredName("mine"));
    }

    [Covers("S000-12", "S004-12")]
    [Fact]
    public async Task A_lookup_by_type_needs_no_cast()
    {
        await RegisterAsync("mine");
        RecordingProvider? provider = await _registry.GetAsync<RecordingProvider>("mine", Some.Token);
        Assert.NotNull(provider);
        Assert.Null(await _registry.GetAsync<RecordingProvider>("nobody", Some.Token));
        await Assert.ThrowsAsync<ProviderException>(() => _registry.GetAsync<HttpProvider>("mine", Some.Token).AsTask());
    }

    [Covers("S000-19")]
    [Fact]
    public void The_well_known_names_have_exactly_these_values()
    {
        Assert.Equal(["openai", "anthropic", "google", "huggingface", "custom"], KnownProviders.All);
        Assert.Equal("openai", KnownProviders.OpenAI);
    }

    [Covers("S000-22", "S000-48", "S001-11", "S002-78")]
    [Fact]
    public async Task The_documented_flow_works_on_one_instance()
    {
        await _registry.RegisterAsync("openai", new HttpProvider("openai", ProviderCatalog.Default.Find("openai")!, new ProviderContext
        {
            HandlerFactory = () => ScriptedHandler.Json("""{"data":[{"id":"gpt-4"}]}"""),
        }), new ProviderSettings { Type = "openai", ApiKey = "k" });
        Assert.NotNull(_registry.GetRegisteredName("openai"));
        var provider = (await _registry.GetAsync("openai", Some.Token))!;
        Assert.Contains(await provider.ListModelsAsync(Some.Token), model => model.Id == "gpt-4");
        Assert.True(await provider.ValidateModelAsync("gpt-4", Some.Token));
    }

    [Covers("S000-52", "S003-05")]
    [Fact]
    public async Task The_settings_type_can_be_the_name()
    {
        await _registry.RegisterAsync(new RecordingProvider(), Some.Settings("mine"), cancellationToken: Some.Token);
        Assert.NotNull(_registry.GetRegisteredName("mine"));
    }

    [Covers("S002-52", "S003-07", "S004-19")]
    [Fact]
    public async Task A_replaced_provider_is_disposed_and_the_newcomer_answers()
    {
        var first = await RegisterAsync("mine");
        var second = new RecordingProvider();
        await _registry.RegisterAsync("mine", second, Some.Settings(), replace: true, cancellationToken: Some.Token);
        Assert.Same(second, await _registry.GetAsync("mine", Some.Token));
        Assert.True(first.IsDisposed);
        Assert.False(second.IsDisposed);
        Assert.Equal(["mine"], _registry.List());
    }

    [Fact]
    public async Task A_replacement_that_cannot_be_initialized_leaves_the_first_in_place()
    {
        var first = await RegisterAsync("mine");
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _registry.RegisterAsync(
                "mine", new RecordingProvider { OnInitialize = () => throw new InvalidOperationException() }, Some.Settings(),
                replace: true).AsTask());
        Assert.Same(first, await _registry.GetAsync("mine", Some.Token));
        Assert.False(first.IsDisposed);
    }

    [Fact]
    public async Task A_provider_is_found_by_its_aliases_whichever_name_it_was_registered_under()
    {
        var hug = await RegisterAsync("huggingface");
        Assert.Same(hug, await _registry.GetAsync("hug", Some.Token));
        Assert.True(_registry.Contains("hug"));
        var near = await RegisterAsync("near");
        Assert.Same(near, await _registry.GetAsync("nearai", Some.Token));
        Assert.Same(near, await _registry.GetAsync("near-ai", Some.Token));
        Assert.True(await _registry.UnregisterAsync("nearai"));
        Assert.Null(_registry.GetRegisteredName("near"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("-a")]
    public async Task A_name_that_could_not_be_asked_for_is_refused(string name) =>
        await Assert.ThrowsAsync<ProviderException>(() => RegisterAsync(name));

    [Fact]
    public async Task Changes_are_counted_and_announced_and_a_failing_listener_does_no_harm()
    {
        var told = new List<long>();
        _registry.Changed += (_, _) => throw new InvalidOperationException();
        _registry.Changed += (_, _) => told.Add(_registry.Version);
        var before = _registry.Version;
        await RegisterAsync("mine");
        await _registry.RegisterAsync("mine", new RecordingProvider(), Some.Settings(), replace: true, cancellationToken: Some.Token);
        await _registry.UnregisterAsync("mine");
        await _registry.UnregisterAsync("mine");
        Assert.Equal([before + 1, before + 2, before + 3], told);
    }

    [Covers("S002-48", "S003-11", "S003-20")]
    [Fact]
    public async Task Providers_are_seen_by_priority_and_then_in_the_order_of_registration()
    {
        await RegisterAsync("one");
        await _registry.RegisterAsync(
            "top", new RecordingProvider(), Some.Settings(), descriptor: new ProviderDescriptor { Name = "top", Priority = 9_000 });
        await RegisterAsync("two");
        Assert.Equal(["top", "one", "two"], _registry.All.Select(one => one.Name));
        Assert.All(_registry.All, one => Assert.NotNull(one.Provider));
    }

    [Covers("S001-60", "S004-09")]
    [Fact]
    public async Task An_unknown_name_is_reported_with_those_there_are()
    {
        await RegisterAsync("zeta");
        await RegisterAsync("alpha");
        var error = await Assert.ThrowsAsync<ProviderException>(() => _registry.GetRequiredAsync("quux", Some.Token).AsTask());
        Assert.Equal("Unknown provider: quux. Available providers: alpha, zeta", error.Message);
        Assert.Equal(CallErrorKind.ModelNotFound, _registry.Explain("quux").Kind);
    }

    [Covers("S000-62")]
    [Fact]
    public async Task The_diagnostic_tells_a_wrong_name_from_one_not_enabled_from_a_failed_initialization()
    {
        await RegisterAsync("mistral");
        Assert.EndsWith("Did you mean mistral?", _registry.Explain("mistrall").Message, StringComparison.Ordinal);
        Assert.Equal(
            "Provider groq is not enabled: set GROQ_API_KEY or providers.groq.key. Available providers: mistral.",
            _registry.Explain("groq").Message);
        _registry.RegisterClass("broken", () => throw new InvalidOperationException("no route to host"), Some.Settings());
        var error = await Assert.ThrowsAsync<ProviderException>(() => _registry.GetRequiredAsync("broken", Some.Token).AsTask());
        Assert.Equal(
            "Provider 'broken' is unavailable: provider failed to load. Error: InvalidOperationException: no route to host", error.Message);
        Assert.IsType<InvalidOperationException>(error.InnerException);
        var call = _registry.Explain("broken", "chat");
        Assert.Equal((CallErrorKind.ProviderUnavailable, 503), (call.Kind, call.Status));
        Assert.StartsWith("Provider 'broken' is unavailable: chat failed to load.", call.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vendor_that_cannot_be_used_answers_a_clear_503_even_when_it_is_not_configured()
    {
        var error = _registry.Explain("alpaca");
        Assert.Equal(503, error.Status);
        Assert.Contains("publishes no address", error.Message, StringComparison.Ordinal);
    }

    [Covers("S000-34")]
    [Fact]
    public async Task After_disposal_everything_is_released_and_nothing_can_be_registered()
    {
        var one = await RegisterAsync("one");
        var two = await RegisterAsync("two");
        await _registry.DisposeAsync();
        await _registry.DisposeAsync();
        Assert.True(one.IsDisposed && two.IsDisposed);
        Assert.Empty(_registry.List());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => RegisterAsync("three"));
    }

    [Covers("S000-49", "S000-65")]
    [Fact]
    public async Task Marked_classes_are_found_only_when_their_assembly_is_scanned()
    {
        Assert.Equal("marked", ProviderAttribute.NameOf(typeof(MarkedProvider)));
        Assert.Null(ProviderAttribute.NameOf(typeof(RecordingProvider)));
        Assert.Null(_registry.GetRegisteredName("marked"));
        var found = _registry.ScanAssembly(Assembly.GetExecutingAssembly(), name => name == "marked" ? Some.Settings() : null);
        // The one between them is from a documentation page.
        Assert.Equal(["marked", "mynewprovider", "unset"], found);
        Assert.IsType<MarkedProvider>(await _registry.GetAsync("marked", Some.Token));
        Assert.Null(await _registry.GetAsync("unset", Some.Token));
        Assert.Empty(_registry.ScanAssembly(Assembly.GetExecutingAssembly(), _ => null));
    }

    [Fact]
    public void Only_a_concrete_provider_can_be_registered_as_a_class()
    {
        Assert.Throws<ArgumentException>(() => _registry.RegisterClass("x", typeof(string), Some.Settings()));
        Assert.Throws<ArgumentException>(() => _registry.RegisterClass("x", typeof(ProviderBase), Some.Settings()));
    }

    private async Task<RecordingProvider> RegisterAsync(string name)
    {
        var provider = new RecordingProvider();
        await _registry.RegisterAsync(name, provider, Some.Settings(), cancellationToken: Some.Token);
        return provider;
    }

    [Provider(" Marked ")]
    private sealed class MarkedProvider() : ProviderBase("marked")
    {
        protected override bool RequiresApiKey => false;

        public override bool ServesModel(string modelId) => false;

        protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new([]);
    }

    [Provider("unset")]
    private sealed class UnsetProvider() : ProviderBase("unset")
    {
        public override bool ServesModel(string modelId) => false;

        protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new([]);
    }
}

using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Secrets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Secrets;

/// <summary>The stores asked for a secret, their order, and the value used while no store is available.</summary>
public sealed class ResolverTests : IAsyncDisposable
{
    private readonly FakeSecretStore _first = new("first");
    private readonly FakeSecretStore _second = new("second");
    private readonly Dictionary<string, string> _environment = [];
    private readonly FakeLogger<SecretResolver> _log = new();
    private readonly TestClock _clock = new();
    private readonly TemporaryFolder _folder = new();
    private readonly SecretResolver _resolver;
    private readonly SwitchyardOptions _options = new() { Providers = { ["openai"] = new() } };

    public ResolverTests() => _resolver = Make([_first, _second]);

    public async ValueTask DisposeAsync()
    {
        await _resolver.DisposeAsync();
        _folder.Dispose();
    }

    [Covers("S001-12", "S001-13")]
    [Fact]
    public async Task A_stores_key_goes_before_the_environment_and_the_first_store_before_the_second()
    {
        _environment["OPENAI_API_KEY"] = "of-the-environment";
        Assert.Null((await ResolveAsync()).Options.Providers["openai"].Key);

        _second["provider:openai:apiKey"] = "of-the-second";
        Assert.Equal("of-the-second", (await ResolveAsync()).Options.Providers["openai"].Key);

        _first["provider:openai:apiKey"] = "of-the-first";
        Assert.Equal("of-the-first", (await ResolveAsync()).Options.Providers["openai"].Key);
        Assert.Null(_options.Providers["openai"].Key);
    }

    [Covers("S001-13")]
    [Fact]
    public async Task A_stores_key_goes_before_one_written_in_the_configuration_but_not_before_a_reference_or_several_keys()
    {
        _first["provider:openai:apiKey"] = "of-the-store";
        _first["other"] = "another-secret";
        _options.Providers["openai"].Key = "written";
        Assert.Equal("of-the-store", (await ResolveAsync()).Options.Providers["openai"].Key);

        _options.Providers["openai"].Key = SecretReference.To("other");
        Assert.Equal("another-secret", (await ResolveAsync()).Options.Providers["openai"].Key);

        _options.Providers["openai"] = new() { Keys = [new() { Key = "one" }, new() { Key = SecretReference.To("other") }] };
        var keys = (await ResolveAsync()).Options.Providers["openai"].Keys.Select(key => key.Key);
        Assert.Equal(["one", "another-secret"], keys);
    }

    [Covers("S001-12")]
    [Fact]
    public async Task A_reference_falls_back_to_the_variable_of_its_name()
    {
        _options.Providers["openai"].Key = SecretReference.To("openai/a");
        _environment["OPENAI_A"] = " of-the-environment\n";

        Assert.Equal("of-the-environment", (await ResolveAsync()).Options.Providers["openai"].Key);
    }

    [Covers("S001-14", "S001-29")]
    [Fact]
    public async Task What_one_provider_lacks_is_its_own_problem_and_says_where_it_was_looked_for()
    {
        _options.Providers["openai"].Key = SecretReference.To("absent");
        _options.Providers["groq"] = new() { Keys = [new() { Key = SecretReference.To("absent") }, new() { Key = "there" }] };

        var resolved = await ResolveAsync();

        Assert.Null(resolved.Refusal);
        var problem = Assert.Single(new ProviderActivator().Activate(resolved.Options).Problems);
        Assert.Equal(
            "openai API key is not configured: the secret 'absent' was not found in any store (first, second), "
                + "and the variable ABSENT is not set.",
            problem);
        Assert.Equal(["there"], resolved.Options.Providers["groq"].Keys.Select(key => key.Key));
    }

    [Fact]
    public async Task A_gateway_does_not_start_open_for_want_of_a_client_key()
    {
        _options.Server.Keys = ["one", SecretReference.To("clients/a")];

        Assert.Equal(
            "server.keys.1: the secret 'clients/a' was not found in any store (first, second), and the variable CLIENTS_A is not set.",
            (await ResolveAsync()).Refusal);
    }

    [Covers("S001-28")]
    [Fact]
    public async Task While_a_store_is_away_its_last_answers_stand_and_it_is_said_once()
    {
        _first["provider:openai:apiKey"] = "the-good-key";
        await ResolveAsync();
        _first.Fault = new SecretStoreException("no route to the-good-key");
        _second["provider:openai:apiKey"] = "of-the-second";

        for (var i = 0; i < 3; i++)
            Assert.Equal("the-good-key", (await ResolveAsync()).Options.Providers["openai"].Key);

        Assert.Equal("no route to ***", _resolver.Stores[0].Fault!.Text);
        Assert.Null(_resolver.Stores[1].Fault);
        Assert.Single(_log.Collector.GetSnapshot(), line => line.Message.Contains("'first' cannot be read", StringComparison.Ordinal));

        _first.Fault = null;
        await ResolveAsync();
        Assert.Null(_resolver.Stores[0].Fault);
        Assert.Single(_log.Collector.GetSnapshot(), line => line.Message.Contains("'first' answers again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_refuses_one_secret_of_several_is_not_away_and_back_again_at_each_look()
    {
        var guarded = new GuardedStore();
        await using var resolver = Make([guarded]);
        _options.Providers["groq"] = new();

        for (var i = 0; i < 3; i++)
        {
            var resolved = await resolver.ResolveAsync(_options, TestContext.Current.CancellationToken);
            Assert.Equal("of-the-store", resolved.Options.Providers["openai"].Key);
        }

        Assert.Equal("403 for groq", resolver.Stores[0].Fault!.Text);
        Assert.Contains("'guarded' cannot be read", Assert.Single(_log.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
        guarded.AllowsAll = true;
        await resolver.ResolveAsync(_options, TestContext.Current.CancellationToken);
        Assert.Null(resolver.Stores[0].Fault);
    }

    [Covers("S001-29")]
    [Fact]
    public async Task A_store_that_never_answered_is_named_with_the_reason()
    {
        _options.Providers["openai"].Key = SecretReference.To("openai/a");
        _first.Fault = new SecretStoreException("sealed");

        var problem = Assert.Single(new ProviderActivator().Activate((await ResolveAsync()).Options).Problems);

        Assert.Equal("openai API key is not configured: the secret 'openai/a' could not be read: first (sealed).", problem);
    }

    [Fact]
    public async Task A_store_is_waited_for_no_longer_than_its_timeout()
    {
        var silent = new SilentStore();
        await using var resolver = Make([silent, _second]);
        _second["provider:openai:apiKey"] = "of-the-second";

        var resolving = resolver.ResolveAsync(_options, TestContext.Current.CancellationToken).AsTask();
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("of-the-second", (await resolving).Options.Providers["openai"].Key);
        Assert.Equal("no answer within 10 s (secrets.timeout)", resolver.Stores[0].Fault!.Text);
    }

    [Covers("S001-28")]
    [Fact]
    public async Task A_secret_that_is_gone_from_every_store_stays_in_use_and_that_is_said_once()
    {
        _first["provider:openai:apiKey"] = "the-good-key";
        await ResolveAsync();
        await _first.DeleteAsync("provider:openai:apiKey", TestContext.Current.CancellationToken);

        for (var i = 0; i < 3; i++)
            Assert.Equal("the-good-key", (await ResolveAsync()).Options.Providers["openai"].Key);

        Assert.Single(_log.Collector.GetSnapshot(), line => line.Message.Contains("is no longer in any store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_in_a_file_enables_its_provider_as_its_variable_would()
    {
        var options = new SwitchyardOptions { Secrets = { EnvFile = _folder.Write(".env", "OPENAI_API_KEY=of-the-file") } };
        await using var resolver = Make([]);

        var resolved = (await resolver.ResolveAsync(options, TestContext.Current.CancellationToken)).Options;

        Assert.Equal("of-the-file", resolved.Providers["openai"].Key);
        Assert.Equal(["openai"], resolved.Providers.Keys);
        // A store over the network is not asked for every vendor of the catalogue.
        await _resolver.ResolveAsync(new SwitchyardOptions(), TestContext.Current.CancellationToken);
        Assert.Empty(_first.Asked);
    }

    [Fact]
    public async Task Stores_are_asked_in_the_order_that_is_written_and_otherwise_in_the_usual_one()
    {
        _folder.Write("mounted/provider.openai.apiKey", "of-the-folder");
        _options.Secrets.Directory = _folder["mounted"];
        _options.Secrets.EnvFile = _folder.Write(".env", "OPENAI_API_KEY=of-the-file");
        await using var resolver = Make([]);

        Assert.Equal(
            "of-the-folder",
            (await resolver.ResolveAsync(_options, TestContext.Current.CancellationToken)).Options.Providers["openai"].Key);
        var other = new SwitchyardOptions
        {
            Providers = { ["openai"] = new() },
            Secrets = { Directory = _options.Secrets.Directory, EnvFile = _options.Secrets.EnvFile, Order = ["env_file"] },
        };
        Assert.Equal(
            "of-the-file", (await resolver.ResolveAsync(other, TestContext.Current.CancellationToken)).Options.Providers["openai"].Key);
    }

    [Fact]
    public async Task A_store_that_this_program_does_not_have_is_refused_with_the_way_out()
    {
        _options.Secrets.Vault = new() { Address = "https://vault:8200" };

        Assert.Equal(
            "secrets: secrets.vault is a store that this program does not provide: "
            + "reference Switchyard.Cloud and call AddSwitchyardCloud().",
            (await ResolveAsync()).Refusal);
    }

    [Fact]
    public async Task Without_stores_and_references_the_options_are_taken_as_they_are()
    {
        await using var resolver = Make([]);

        Assert.Same(_options, (await resolver.ResolveAsync(_options, TestContext.Current.CancellationToken)).Options);
    }

    private ValueTask<SecretResolution> ResolveAsync() => _resolver.ResolveAsync(_options, TestContext.Current.CancellationToken);

    private SecretResolver Make(IReadOnlyList<ISecretStore> stores)
    {
        var context = new ProviderContext { Environment = _environment.GetValueOrDefault, TimeProvider = _clock };
        return new SecretResolver(
            stores, [new DirectorySecretStoreFactory(), new EnvFileSecretStoreFactory()], new ProviderActivator(null, context), context,
            _log);
    }

    /// <summary>A store whose rights do not reach to every secret.</summary>
    private sealed class GuardedStore : ISecretStore
    {
        public string Name => "guarded";

        public bool AllowsAll { get; set; }

        public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken) =>
            !AllowsAll && key.Contains("groq", StringComparison.Ordinal)
                ? throw new SecretStoreException("403 for groq")
                : new ValueTask<string?>("of-the-store");

        public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) => default;

        public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => default;
    }

    private sealed class SilentStore : ISecretStore
    {
        public string Name => "silent";

        public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }

        public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) => default;

        public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => default;
    }
}

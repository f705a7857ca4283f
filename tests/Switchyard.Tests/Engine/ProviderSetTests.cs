using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Network;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Switchyard.Tests.Providers;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>The registry follows the configuration, and removed providers are disposed only when released.</summary>
public sealed class ProviderSetTests : IAsyncDisposable
{
    private readonly ProviderContext _context = new() { Environment = _ => null };
    private readonly ProviderRegistry _registry;
    private readonly ProviderSet _set;

    public ProviderSetTests()
    {
        _registry = new ProviderRegistry(ProviderCatalog.Default, _context);
        _set = new ProviderSet(_registry, ProviderCatalog.Default, _context, [], new EgressGuards(), NullLogger<ProviderSet>.Instance);
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task What_has_not_changed_keeps_its_connections_and_what_has_is_made_anew()
    {
        await LoadAsync(1, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:2/v1"));
        var (one, two) = (Get("one"), Get("two"));
        await LoadAsync(2, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:3/v1"));

        Assert.Same(one, Get("one"));
        Assert.NotSame(two, Get("two"));
    }

    [Fact]
    public async Task Another_key_makes_another_provider()
    {
        await LoadAsync(1, ("one", new() { BaseUrl = "http://127.0.0.1:1/v1", Keys = [new() { Key = "a" }, new() { Key = "b" }] }));
        var before = Get("one");
        await LoadAsync(2, ("one", new() { BaseUrl = "http://127.0.0.1:1/v1", Keys = [new() { Key = "a" }, new() { Key = "c" }] }));

        Assert.NotSame(before, Get("one"));
    }

    [Fact]
    public async Task What_is_no_longer_named_is_hidden_at_once_and_removed_on_request()
    {
        await LoadAsync(1, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:2/v1"));
        var view = await LoadAsync(2, Server("one", "http://127.0.0.1:1/v1"));

        Assert.Equal(["one"], view.Names);
        Assert.True(_registry.TryGet("two", out _));
        await _set.RemoveAsync(1);
        Assert.True(_registry.TryGet("two", out _));
        await _set.RemoveAsync(2);
        Assert.False(_registry.TryGet("two", out _));
    }

    [Fact]
    public async Task What_comes_back_before_it_was_removed_stays()
    {
        await LoadAsync(1, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:2/v1"));
        await LoadAsync(2, Server("one", "http://127.0.0.1:1/v1"));
        var view = await LoadAsync(3, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:2/v1"));
        await _set.RemoveAsync(3);

        Assert.Equal(["one", "two"], view.Names);
        Assert.True(_registry.TryGet("two", out _));
    }

    [Fact]
    public async Task One_that_fails_to_load_keeps_no_other_from_it()
    {
        var view = await LoadAsync(1, ("broken", new ProviderOptions()), Server("one", "http://127.0.0.1:1/v1"));

        Assert.Equal(["one"], view.Names);
        Assert.Contains("broken", _registry.LoadErrors.Keys);
    }

    [Fact]
    public async Task One_that_could_not_be_loaded_is_tried_again_with_the_next_configuration()
    {
        using var files = new CertificateFolder();
        var later = files.Authority + ".later";
        var view = await LoadAsync(1, Trusting("one", later));
        Assert.Empty(view.Names);

        File.Copy(files.Authority, later);
        view = await LoadAsync(2, Trusting("one", later));

        Assert.Equal(["one"], view.Names);
        Assert.Empty(_registry.LoadErrors);
        var loaded = Get("one");
        await LoadAsync(3, Trusting("one", later));
        Assert.Same(loaded, Get("one"));
    }

    /// <summary>The next call starts the engine again, if the caller of the first has left or a provider was not ready.</summary>
    [Fact]
    public async Task A_start_that_failed_at_a_provider_of_the_host_goes_on_from_there()
    {
        var isReady = false;
        var second = new RecordingProvider("second")
        {
            OnInitialize = () => isReady ? Task.CompletedTask : throw new TimeoutException("not yet"),
        };
        var set = new ProviderSet(
            _registry, ProviderCatalog.Default, _context, [Added(new RecordingProvider("first")), Added(second)], new EgressGuards(),
            NullLogger<ProviderSet>.Instance);
        var options = new SwitchyardOptions { AutoEnable = false };

        await Assert.ThrowsAsync<TimeoutException>(() => set.LoadAsync(options, 1, default).AsTask());
        isReady = true;
        await set.LoadAsync(options, 1, default);
        await set.LoadAsync(options, 2, default);

        Assert.Equal(["first", "second"], _registry.List().Order(StringComparer.Ordinal));

        static AddedProvider Added(RecordingProvider provider) => new((registry, stop) =>
            registry.RegisterAsync(provider, new ProviderSettings { Type = provider.Name }, cancellationToken: stop));
    }

    [Theory]
    [InlineData("authority")]
    [InlineData("certificate and key")]
    public async Task A_certificate_that_is_renewed_under_its_name_is_read_again_and_no_other(string renewed)
    {
        using var old = new CertificateFolder();
        using var next = new CertificateFolder();
        var one = ("one", new ProviderOptions
        {
            BaseUrl = "https://127.0.0.1:1/v1",
            Key = "k",
            Tls = new() { Ca = old.Authority, Certificate = old.ClientCertificate, Key = old.ClientKey },
        });
        await LoadAsync(1, one, Server("two", "http://127.0.0.1:2/v1"));
        var (before, other) = (Get("one"), Get("two"));
        await LoadAsync(2, one, Server("two", "http://127.0.0.1:2/v1"));
        Assert.Same(before, Get("one"));

        // Only the authority's file is independent; a certificate and its key belong together.
        if (renewed == "authority")
        {
            File.Copy(next.Authority, old.Authority, overwrite: true);
        }
        else
        {
            File.Copy(next.ClientCertificate, old.ClientCertificate, overwrite: true);
            File.Copy(next.ClientKey, old.ClientKey, overwrite: true);
        }

        await LoadAsync(3, one, Server("two", "http://127.0.0.1:2/v1"));

        Assert.NotSame(before, Get("one"));
        Assert.Same(other, Get("two"));
        Assert.Empty(_registry.LoadErrors);
    }

    [Fact]
    public async Task One_whose_change_could_not_be_loaded_gets_it_with_the_next_configuration()
    {
        using var files = new CertificateFolder();
        var later = files.Authority + ".later";
        await LoadAsync(1, Trusting("one", files.Authority));
        var before = Get("one");
        await LoadAsync(2, Trusting("one", later));
        Assert.Same(before, Get("one"));

        File.Copy(files.Authority, later);
        await LoadAsync(3, Trusting("one", later));

        Assert.NotSame(before, Get("one"));
    }

    [Fact]
    public async Task A_deployment_of_the_same_provider_model_and_key_keeps_its_state_over_a_reload()
    {
        var before = (await LoadAsync(1, Server("one", "http://127.0.0.1:1/v1"))).Deploy("one", "m", 1);
        var after = (await LoadAsync(2, Server("one", "http://127.0.0.1:1/v1"), Server("two", "http://127.0.0.1:2/v1")))
            .Deploy("one", "m", 1);

        Assert.NotSame(before[0], after[0]);
        Assert.Same(before[0].State, after[0].State);
    }

    [Fact]
    public async Task Each_key_of_a_provider_is_a_deployment_with_its_share_and_a_state_of_its_own()
    {
        var view = await LoadAsync(
            1, ("one", new() { BaseUrl = "http://127.0.0.1:1/v1", Keys = [new() { Key = "a", Weight = 3 }, new() { Key = "b" }] }));
        var deployments = view.Deploy("one", "m", weight: 2);

        Assert.Equal([1.5, 0.5], deployments.Select(deployment => deployment.Weight));
        Assert.Equal([1, 2], deployments.Select(deployment => deployment.Credential));
        Assert.NotSame(deployments[0].State, deployments[1].State);
    }

    private ValueTask<Switchyard.Routing.ProviderView> LoadAsync(long generation, params (string Name, ProviderOptions Options)[] providers)
    {
        var options = new SwitchyardOptions { AutoEnable = false };
        foreach (var (name, provider) in providers)
            options.Providers[name] = provider;
        return _set.LoadAsync(options, generation, TestContext.Current.CancellationToken);
    }

    private IProvider Get(string name) =>
        _registry.TryGet(name, out var provider) ? provider : throw new InvalidOperationException($"{name} is not there.");

    private static (string Name, ProviderOptions Options) Trusting(string name, string authority) =>
        (name, new() { BaseUrl = "https://127.0.0.1:1/v1", Key = "k", Tls = new() { Ca = authority } });

    private static (string Name, ProviderOptions Options) Server(string name, string address) =>
        (name, new() { BaseUrl = address, Key = "k" });
}

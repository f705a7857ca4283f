using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Providers;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/plugin-system.md does what the page says.</summary>
public sealed class PluginSystemTests
{
    private static readonly ProviderSettings s_settings = new() { Type = "mynewprovider", ApiKey = "my-key" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_host_the_key_comes_from_its_variable()
    {
        // No other test reads it.
        Environment.SetEnvironmentVariable("MY_PROVIDER_API_KEY", "my-key-of-the-environment");
        await using var host = await StartAsync(PluginSystemSnippets.AddToTheHost);

        Assert.Equal("my-key-of-the-environment", ClientOf(await host.Engine.Registry.GetRequiredAsync("mynewprovider", Stop)).ApiKey);
        Assert.Equal("Hello!", await AskAsync(host.Engine));
    }

    [Fact]
    public async Task While_running_it_can_be_called_at_once_and_a_wrong_setting_reaches_the_caller()
    {
        await using var host = await StartAsync();
        var registry = host.Engine.Registry;

        foreach (var (key, message) in new[] { ("", "API key is required"), ("sk-1", "A key of this vendor begins with my-") })
        {
            var refused = await Assert.ThrowsAsync<ProviderException>(
                () => PluginSystemSnippets.AddWhileRunningAsync(host.Engine, key));
            Assert.Equal(message, refused.Message);
            Assert.DoesNotContain("mynewprovider", registry.List());
        }

        await PluginSystemSnippets.AddWhileRunningAsync(host.Engine, "my-key");

        Assert.True((await registry.GetRequiredAsync("mynewprovider", Stop)).IsInitialized);
        Assert.Equal("Hello!", await AskAsync(host.Engine));
    }

    [Fact]
    public async Task Lazily_it_is_listed_and_built_on_first_use()
    {
        await using var host = await StartAsync();
        PluginSystemSnippets.AddLazily(host.Engine, s_settings);
        Assert.Contains("mynewprovider", host.Engine.Registry.List());
        Assert.False(host.Engine.Registry.TryGet("mynewprovider", out _));

        Assert.Equal("Hello!", await AskAsync(host.Engine));

        Assert.True(host.Engine.Registry.TryGet("mynewprovider", out var built));
        Assert.Same(built, await host.Engine.Registry.GetAsync("mynewprovider", Stop));
    }

    [Fact]
    public async Task Marked_classes_of_an_assembly_are_found()
    {
        await using var host = await StartAsync(services => PluginSystemSnippets.AddMarked(services, s_settings));

        Assert.Contains("mynewprovider", host.Engine.Registry.List());
        Assert.Equal("Hello!", await AskAsync(host.Engine));
    }

    [Fact]
    public async Task Has_get_list_and_validate_work_on_the_instance_of_the_registry()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson("""{"object":"list","data":[{"id":"gpt-4","object":"model","created":1,"owned_by":"openai"}]}""");
        await using var host = await StartAsync(services => services.AddSwitchyard(
            options => options.Providers["openai"] = new() { BaseUrl = vendor.BaseUrl, Key = "sk-some-key" }));

        var model = Assert.Single(await PluginSystemSnippets.UseAsync(host.Engine.Registry, Stop));
        Assert.Equal(("gpt-4", "openai"), (model.Id, model.Provider));
        Assert.Equal("/v1/models", vendor.LastRequest.Path);
    }

    [Fact]
    public async Task A_name_is_free_again_when_it_was_unregistered_and_is_replaced_in_one_step()
    {
        await using var host = await StartAsync();
        var registry = host.Engine.Registry;
        var first = new MyNewProvider();
        await registry.RegisterAsync(first, s_settings, cancellationToken: Stop);
        var client = ClientOf(first);
        var twice = await Assert.ThrowsAsync<ProviderException>(
            () => registry.RegisterAsync(new MyNewProvider(), s_settings, cancellationToken: Stop).AsTask());
        Assert.StartsWith("Provider mynewprovider is already registered", twice.Message, StringComparison.Ordinal);

        await PluginSystemSnippets.RegisterAgainAsync(registry, s_settings);

        Assert.True(client.IsDisposed);
        Assert.NotSame(first, await registry.GetAsync("mynewprovider", Stop));
        Assert.Equal("Hello!", await AskAsync(host.Engine));
    }

    [Fact]
    public async Task Two_versions_stand_side_by_side_and_one_is_preferred()
    {
        await using var host = await StartAsync();

        Assert.Equal("2, 1", await PluginSystemSnippets.ChooseVersionAsync(host.Engine.Registry, s_settings));

        Assert.Same(
            await host.Engine.Registry.GetAsync("mine@1", Stop), await host.Engine.Registry.GetAsync("mine", Stop));
    }

    [Fact]
    public async Task The_mock_echoes() => Assert.Equal("Mock response to: test prompt", await PluginSystemSnippets.AskTheMockAsync());

    [Fact]
    public async Task Its_health_is_watched_and_its_list_retried()
    {
        var clock = new TestClock();
        var mine = new MyNewProvider(new ProviderContext { TimeProvider = clock });
        await using var host = await StartAsync(services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddSwitchyard().AddProvider(mine, s_settings);
        });
        ClientOf(mine).FailLists(1);

        Assert.StartsWith("(Unknown, , , 0, , 0, 0, )", PluginSystemSnippets.Watch(host.Services), StringComparison.Ordinal);
        await clock.WaitForTimersAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await Wait.ForAsync(() =>
        {
            // The wait before the second try, whenever it begins.
            clock.Advance(TimeSpan.FromMilliseconds(100));
            return host.Services.GetRequiredService<HealthChecker>().StatusOf("mynewprovider").State == HealthState.Healthy;
        });
    }

    private static MyVendorClient ClientOf(IProvider provider) =>
        (MyVendorClient)((MyNewProvider)provider).GetChatClient("my-small");

    private static async Task<string> AskAsync(SwitchyardEngine engine) =>
        (await engine.GetChatClient("mynewprovider", "my-small").GetResponseAsync("Hi", cancellationToken: Stop)).Text;

    private static Task<FromHost> StartAsync(Action<IServiceCollection>? add = null) => FromHost.StartAsync(add);
}

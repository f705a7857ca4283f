using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/data-driven-registry.md does what the page says.</summary>
public sealed class DataDrivenRegistryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_provider_of_the_registry_answers_and_one_that_is_not_there_does_not()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson(Some.ChatCompletion("Hello!"));
        await using var host = await StartAsync(vendor);

        Assert.Equal("Hello!", await DataDrivenRegistrySnippets.AskAsync(host.Engine, [new(ChatRole.User, "Hi")], Stop));
        Assert.Contains("\"meta-llama/llama-3.3-70b-instruct\"", vendor.LastRequest.Text, StringComparison.Ordinal);
        await host.Engine.ApplyAsync(
            options =>
            {
                options.DefaultProvider = null;
                options.Providers["openrouter"].Enabled = false;
            },
            Stop);
        Assert.Null(await DataDrivenRegistrySnippets.AskAsync(host.Engine, [new(ChatRole.User, "Hi")], Stop));
    }

    [Fact]
    public async Task One_that_cannot_be_loaded_is_recorded_and_the_others_are_there()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        await using var host = await StartAsync(vendor, services =>
            services.AddSwitchyard(options => options.Providers["groq"] = new()));

        var told = DataDrivenRegistrySnippets.List(host.Engine);

        Assert.Equal("newprovider, openrouter", told[0]);
        Assert.StartsWith("groq: ProviderException: groq API key is not configured: set GROQ_API_KEY", told[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_catalogue_knows_aliases_timeouts_and_chains() => Assert.Equal(
        [
            "huggingface", "00:02:00", "openrouter, onerouter, huggingface, featherless, fireworks, together, google-vertex",
            "fireworks, cerebras, huggingface, featherless, vercel, aihubmix, anannas, dashscope, together, google-vertex, openrouter",
            "openrouter",
        ],
        DataDrivenRegistrySnippets.LookUp());

    [Fact]
    public async Task A_stream_goes_through_the_same_record()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenStream(Some.ChatStream());
        await using var host = await StartAsync(vendor);

        Assert.Equal("Hi there", await DataDrivenRegistrySnippets.StreamAsync(host.Chat));
    }

    [Fact]
    public async Task The_chain_goes_on_after_a_failure_where_it_is_asked_for()
    {
        await using var down = await FakeUpstream.StartAsync();
        down.ThenJson("{}", 503);
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson(Some.ChatCompletion("Hello!"));
        await using var host = await StartAsync(vendor, services =>
        {
            DataDrivenRegistrySnippets.FailOver(services);
            services.AddSwitchyard(options => options.Providers["together"] = new() { BaseUrl = down.BaseUrl, Key = "sk-some-key" });
        });

        var answer = await host.Chat.GetResponseAsync("Hi", new ChatOptions { ModelId = "together/some-model" }, Stop);

        Assert.Equal("Hello!", answer.Text);
        Assert.Equal("openrouter", answer.AdditionalProperties![AnswerFacts.Provider]);
    }

    private static Task<FromHost> StartAsync(FakeUpstream vendor, Action<IServiceCollection>? add = null) =>
        FromHost.StartAsync(services =>
        {
            DataDrivenRegistrySnippets.Load(services, "sk-or", "sk-new");
            add?.Invoke(services);
            services.AddSwitchyard(options =>
            {
                options.Retry.Attempts = 1;
                options.Providers["openrouter"].BaseUrl = vendor.BaseUrl;
            });
        });
}

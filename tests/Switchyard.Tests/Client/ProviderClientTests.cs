using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Clients of one provider, the priority of a host's own provider, and the disposal of a container.</summary>
public sealed class ProviderClientTests
{
    [Covers("Z6", "S001-01")]
    [Theory]
    [InlineData(null, null, "small")]
    [InlineData("large", null, "large")]
    [InlineData(null, "other", "other")]
    [InlineData("large", "acme/other", "other")]
    public async Task A_client_of_a_provider_asks_that_provider_whatever_is_named(string? model, string? asked, string expected)
    {
        var (acme, rival) = (new ScriptedClient("Hi"), new ScriptedClient("Hi"));
        await using var given = Given.AnEngine(build: builder => builder
            .AddProvider("acme", acme, null, "small")
            .AddProvider("rival", rival, null, "small", "other", "large"));

        await given.Engine.GetChatClient("acme", model).GetResponseAsync("Hello", new ChatOptions { ModelId = asked });

        Assert.Equal(expected, Assert.Single(acme.Asked).Options!.ModelId);
        Assert.Empty(rival.Asked);
    }

    [Covers("S001-08", "S001-72")]
    [Theory]
    [InlineData("asked", "asked")]
    [InlineData(null, "usual")]
    public async Task The_model_is_the_requests_else_the_configured_default(string? asked, string expected)
    {
        var acme = new ScriptedClient("Hi");
        await using var given = Given.AnEngine(build: builder => builder.AddProvider(
            new ChatClientProvider("acme", acme),
            new ProviderSettings { Type = "acme", Models = ["first"], DefaultModel = "usual" }));

        await given.Engine.GetChatClient("acme").GetResponseAsync("Hello", new ChatOptions { ModelId = asked });

        Assert.Equal(expected, Assert.Single(acme.Asked).Options!.ModelId);
    }

    [Covers("Z6")]
    [Fact]
    public async Task A_container_has_a_client_of_each_provider_under_its_name()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false)
            .AddProvider("acme", new ScriptedClient("from acme"), null, "small")
            .AddProvider("rival", new ScriptedClient("from rival"), null, "small");
        services.AddKeyedSingleton<IChatClient>("mine", new ScriptedClient("from the host"));
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("from acme", await AskAsync("acme", "small"));
        Assert.Equal("from rival", await AskAsync("rival", "small"));
        Assert.Equal("from rival", await AskAsync("rival", null));
        Assert.Equal("from the host", await AskAsync("mine", null));

        async Task<string> AskAsync(string key, string? model) =>
            (await provider.GetRequiredKeyedService<IChatClient>(key).GetResponseAsync("Hello", new ChatOptions { ModelId = model })).Text;
    }

    [Covers("Z6", "Y2")]
    [Theory]
    [InlineData("openai", "OPENAI_API_KEY")]
    [InlineData("off", "providers.off.enabled")]
    public async Task A_client_of_a_provider_that_cannot_be_used_asks_no_other(string key, string reason)
    {
        var acme = new ScriptedClient("from acme");
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.DefaultProvider = "acme";
            options.Providers["off"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Enabled = false };
        }).AddProvider("acme", acme, null, "gpt-4o");
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredKeyedService<IChatClient>(key);

        foreach (var model in new[] { null, "gpt-4o" })
        {
            var refused = await Assert.ThrowsAsync<CallException>(
                () => client.GetResponseAsync("Hello", new ChatOptions { ModelId = model }));
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(acme.Asked);
    }

    [Covers("S003-32")]
    [Theory]
    [InlineData(null)]
    [InlineData("gpt-4o")]
    public async Task A_client_of_a_provider_that_is_not_there_gets_an_error_that_says_so(string? model)
    {
        var acme = new ScriptedClient("from acme");
        await using var given = Given.AnEngine(
            options => options.DefaultProvider = "acme", builder => builder.AddProvider("acme", acme, null, "gpt-4o"));

        var refused = await Assert.ThrowsAsync<CallException>(() => given.Engine.GetChatClient("nobody", model).GetResponseAsync("Hello"));

        Assert.Equal("Provider not found: nobody. Available providers: acme", refused.Message);
        Assert.Empty(acme.Asked);
    }

    [Covers("Z6")]
    [Fact]
    public async Task A_key_that_is_no_text_is_an_error_that_says_so()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false);
        await using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<InvalidOperationException>(() => provider.GetKeyedService<IChatClient>(5));
        Assert.Contains("a client's key is a text", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Covers("Z6")]
    [Fact]
    public async Task Embeddings_have_a_generator_of_each_provider_too()
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new ProviderOptions());

        var vectors = await given.Engine.GetEmbeddingGenerator("mock", "mock-model-v2").GenerateAsync(["a"]);

        Assert.Equal("mock-model-v2", Assert.Single(vectors).ModelId);
    }

    /// <summary>Vector stores ask for a generator without its types.</summary>
    [Fact]
    public async Task A_generator_is_found_without_its_types_too()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["mock"] = new ProviderOptions();
        });
        await using var provider = services.BuildServiceProvider();

        Assert.Same(
            provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>(), provider.GetService<IEmbeddingGenerator>());
        var keyed = (IEmbeddingGenerator<string, Embedding<float>>)provider.GetRequiredKeyedService<IEmbeddingGenerator>("mock");
        Assert.Single(await keyed.GenerateAsync(["a"], new EmbeddingGenerationOptions { ModelId = "mock-model-v2" }));
    }

    [Covers("Z9")]
    [Theory]
    [InlineData(null, "mine")]
    [InlineData(1, "up")]
    public async Task A_provider_added_in_code_has_the_place_of_a_configured_one_unless_it_is_given_another(int? priority, string expected)
    {
        await using var given = Given.AnEngine(
            // Above every vendor of the catalogue, below the providers that users configure.
            options => options.Providers["up"] = new ProviderOptions
            {
                BaseUrl = "http://127.0.0.1:1/v1", Key = "sk-a", Models = ["gpt-4o"], Priority = 500,
            },
            builder => builder.AddProvider(
                new ChatClientProvider("mine", new ScriptedClient("Hi")),
                new ProviderSettings { Type = "mine", Models = ["gpt-4o"], Priority = priority }));
        await given.Engine.StartAsync();

        Assert.Equal(expected, (await given.Engine.Models.GetAsync("gpt-4o", default)).Provider);
    }

    [Covers("Z10")]
    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("openai-responses")]
    [InlineData("bedrock-converse")]
    public async Task A_section_of_a_host_may_name_any_dialect(string dialect)
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["auto_enable"] = "false",
            ["providers:up:base_url"] = "http://127.0.0.1:1/v1",
            ["providers:up:dialect"] = dialect,
        }).Build();
        var services = new ServiceCollection();
        services.AddSwitchyard(section);
        await using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<SwitchyardEngine>();

        await engine.StartAsync();

        Assert.Equal(["up"], engine.ProviderNames);
    }

    [Covers("Z11")]
    [Fact]
    public async Task After_its_container_every_use_says_that_it_is_disposed()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = new ProviderOptions());
        IChatClient chat, wrapped = new ScriptedClient("Hi").AsBuilder().UseSwitchyard(options => options.AutoEnable = false).Build();
        IEmbeddingGenerator<string, Embedding<float>> embeddings;
        SwitchyardEngine engine;
        await using (var provider = services.BuildServiceProvider())
        {
            (chat, engine) = (provider.GetRequiredService<IChatClient>(), provider.GetRequiredService<SwitchyardEngine>());
            embeddings = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
            await chat.GetResponseAsync("Hello");
        }

        wrapped.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => chat.GetResponseAsync("Hello"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => chat.GetStreamingResponseAsync("Hello").ToChatResponseAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => embeddings.GenerateAsync(["a"]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.ApplyAsync(_ => { }).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wrapped.GetResponseAsync("Hello"));
        Assert.Throws<ObjectDisposedException>(() => engine.Hold());
    }

    [Covers("Z11")]
    [Fact]
    public async Task The_metadata_name_the_default_model()
    {
        await using var given = Given.AnEngine(options => options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "mock/mock-model-v1" }],
        });
        Assert.Equal("fast", given.Chat.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("fast", given.Embeddings.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.Equal("own", new SwitchyardChatClient(given.Engine, "own").GetService<ChatClientMetadata>()!.DefaultModelId);

        await using var alone = Given.AnEngine(options => options.Providers["mock"] = new ProviderOptions());
        await alone.Engine.StartAsync();
        Assert.Equal("mock/mock-model-v1", alone.Chat.GetService<ChatClientMetadata>()!.DefaultModelId);
    }
}

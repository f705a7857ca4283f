using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>The engine around an existing client.</summary>
public sealed class UseSwitchyardTests
{
    [Covers("S004-25")]
    [Fact]
    public async Task What_names_nothing_else_goes_to_the_client_at_hand_with_the_model_it_was_asked_for()
    {
        var inner = new ScriptedClient("Hi");
        using var client = inner.AsBuilder().UseSwitchyard(NoKeys).Build();
        var answer = await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "any-model" });

        Assert.Equal("Hi", answer.Text);
        Assert.Equal("any-model", Assert.Single(inner.Asked).Options!.ModelId);
        Assert.Equal(SwitchyardChatClientExtensions.InnerProvider, answer.AdditionalProperties![AnswerFacts.Provider]);
    }

    [Covers("S003-31")]
    [Fact]
    public async Task What_names_another_provider_or_an_alias_goes_there()
    {
        var inner = new ScriptedClient("Hi");
        using var client = inner.AsBuilder().UseSwitchyard(options =>
        {
            NoKeys(options);
            options.Providers["mock"] = new();
            options.Models["cheap"] = new() { Targets = [new TargetOptions { Model = "mock/mock-model-v1" }] };
        }).Build();

        Assert.Equal(
            "Mock response to: Hello", (await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v2" })).Text);
        Assert.Equal("Mock response to: Hello", (await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "cheap" })).Text);
        Assert.Empty(inner.Asked);
    }

    [Fact]
    public async Task The_client_at_hand_falls_back_to_another()
    {
        using var client = new ScriptedClient(new InvalidOperationException("broken")).AsBuilder().UseSwitchyard(options =>
        {
            NoKeys(options);
            options.Providers["mock"] = new();
            options.Models["chat"] = new()
            {
                Targets = [new TargetOptions { Model = "inner/any" }],
                Fallback = [new TargetOptions { Model = "mock/mock-model-v1" }],
            };
        }).Build();
        var answer = await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "chat" });

        Assert.Equal("mock", answer.AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal(2, answer.AdditionalProperties[AnswerFacts.Attempts]);
    }

    [Fact]
    public async Task What_it_does_is_logged_where_the_host_logs()
    {
        var services = new ServiceCollection();
        services.AddFakeLogging();
        await using var host = services.BuildServiceProvider();
        using var client = new ScriptedClient(new InvalidOperationException("broken")).AsBuilder().UseSwitchyard(options =>
        {
            NoKeys(options);
            options.Providers["mock"] = new();
            options.Models["chat"] = new()
            {
                Targets = [new TargetOptions { Model = "inner/any" }],
                Fallback = [new TargetOptions { Model = "mock/mock-model-v1" }],
            };
        }).Build(host);
        await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "chat" });

        Assert.Contains(
            host.GetFakeLogCollector().Lines,
            line => line.Text.Contains("falling back to mock/mock-model-v1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_model_the_given_default_is_asked()
    {
        var inner = new ScriptedClient("Hi");
        using var client = inner.AsBuilder().UseSwitchyard(NoKeys, "house-model").Build();
        await client.GetResponseAsync("Hello");

        Assert.Equal("house-model", Assert.Single(inner.Asked).Options!.ModelId);
    }

    /// <summary>A client without a default model chooses the model itself.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_model_and_a_default_the_client_at_hand_is_asked_for_none(bool stream)
    {
        var inner = new ScriptedClient("Hi");
        using var client = inner.AsBuilder().UseSwitchyard(NoKeys).Build();
        var options = new ChatOptions { Temperature = 0.5f };

        var answer = stream
            ? await client.GetStreamingResponseAsync("Hello", options).ToChatResponseAsync()
            : await client.GetResponseAsync("Hello", options);

        Assert.Equal("Hi", answer.Text);
        var asked = Assert.Single(inner.Asked).Options!;
        Assert.Null(asked.ModelId);
        Assert.Equal(0.5f, asked.Temperature);
    }

    [Fact]
    public async Task Disposing_it_disposes_the_client()
    {
        var inner = new ScriptedClient("Hi");
        var client = inner.AsBuilder().UseSwitchyard(NoKeys).Build();
        await client.GetResponseAsync("Hello");
        client.Dispose();

        Assert.True(inner.IsDisposed);
    }

    [Fact]
    public void Disposing_it_before_its_first_call_disposes_the_client_too()
    {
        var inner = new ScriptedClient("Hi");
        inner.AsBuilder().UseSwitchyard(NoKeys).Build().Dispose();

        Assert.True(inner.IsDisposed);
    }

    [Fact]
    public void Services_of_the_client_at_hand_are_found_through_it()
    {
        var inner = new ScriptedClient("Hi");
        using var client = inner.AsBuilder().UseSwitchyard(NoKeys).UseFunctionInvocation().Build();

        Assert.Same(inner, client.GetService<ScriptedClient>());
        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        // The engine is nearer than the client.
        Assert.Equal("switchyard", client.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Null(client.GetService<string>());
    }

    private static void NoKeys(SwitchyardOptions options) => options.AutoEnable = false;
}

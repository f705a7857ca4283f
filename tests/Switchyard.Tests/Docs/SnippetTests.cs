using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Dialects;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The documentation's C# does what the documentation says.</summary>
public sealed class SnippetTests
{
    [Fact]
    public async Task Middleware_and_a_sink_take_part_in_a_call()
    {
        var services = Fresh();
        Snippets.Extend(services);
        await using var provider = services.BuildServiceProvider();
        await AskAsync(provider, "mock/mock-model-v1");

        Assert.True(Assert.Single(provider.GetServices<ICallSink>().OfType<TokenCounter>()).Tokens > 0);
        Assert.Equal(0, Assert.Single(provider.GetServices<IAttemptObserver>().OfType<FailureCounter>()).Failures);
    }

    [Fact]
    public async Task A_client_gets_an_alias_that_falls_back()
    {
        using var client = Snippets.Around(new EchoClient());
        var answer = await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "chat" });

        Assert.Equal("Hello", answer.Text);
        Assert.Equal("inner", answer.AdditionalProperties![AnswerFacts.Provider]);
    }

    [Covers("S002-55")]
    [Fact]
    public async Task A_host_of_ones_own_serves_the_endpoints()
    {
        await using var app = Snippets.InAHost([]);

        Assert.Contains(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints), endpoint => endpoint.DisplayName!.Contains("/v1/chat/completions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_set_of_dialects_replaces_the_default_one()
    {
        var services = Fresh();
        Snippets.AddDialect(services);
        await using var provider = services.BuildServiceProvider();

        Assert.Equal(DialectId.OpenAIChat, Assert.Single(provider.GetRequiredService<DialectSet>().EgressIds));
    }

    private static ServiceCollection Fresh() => [];

    private static async Task<string> AskAsync(IServiceProvider provider, string model) =>
        (await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { ModelId = model })).Text;
}

using System.ClientModel;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using OpenAI;
using OpenAI.Chat;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>The vendors' own clients, unmodified and with their own retries, call with a used-up budget: each sends one request.</summary>
public sealed class BudgetTests
{
    [Fact]
    public async Task The_JavaScript_clients_ask_once_and_get_a_402()
    {
        NodeProcess.SkipUnlessInstalled();
        await using var upstream = await FakeUpstream.StartAsync();
        var asked = 0;
        await using var gateway = await StartAsync(upstream, () => Interlocked.Increment(ref asked));

        var told = await NodeProcess.RunAsync("budget.mjs", gateway.Address.ToString());

        Assert.All(told.EnumerateObject(), client => Assert.Equal(402, client.Value.GetInt32()));
        Assert.Equal(told.EnumerateObject().Count(), asked);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task The_dotnet_clients_ask_once_and_get_a_402()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var asked = 0;
        await using var gateway = await StartAsync(upstream, () => Interlocked.Increment(ref asked));
        var openai = new ChatClient(
            "up/some-model", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "/v1") });
        var anthropic = new AnthropicClient { ApiKey = "any", BaseUrl = gateway.Address.ToString().TrimEnd('/') };

        var refused = await Assert.ThrowsAsync<ClientResultException>(
            () => openai.CompleteChatAsync([new UserChatMessage("Hello")], new ChatCompletionOptions { MaxOutputTokenCount = 50 }));
        var alsoRefused = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => anthropic.Messages.Create(new MessageCreateParams
        {
            Model = "up/some-model",
            MaxTokens = 50,
            Messages = [new UserMessageParam("Hello")],
        }));

        Assert.Equal((402, 402), (refused.Status, (int)alsoRefused.StatusCode));
        Assert.Equal(2, asked);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action asked) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 0.000001m, Period = "lifetime" };
        },
        build => build.AddSink(new EndedSink(_ => asked())));
}

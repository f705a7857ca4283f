using System.Net;
using System.Text;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>Budgets behind HTTP, where a request may turn out to be none after its budget has held it.</summary>
public sealed class BudgetTests
{
    [Theory]
    [InlineData("\"messages\":\"nothing that is a list\"")]
    [InlineData("\"messages\":[{\"role\":5}]")]
    public async Task A_request_that_cannot_be_read_leaves_nothing_reserved(string members)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            // Room for some answer and not for the longest: so it is given a limit, for which it has to be read.
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 0.01m, Period = "lifetime" };
        });

        using var answer = await gateway.PostAsync("/v1/chat/completions", $$"""{"model":"up/some-model",{{members}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        await NothingIsReservedAsync(gateway);
        // A request that is refused before its budget is asked has opened no account.
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal(0, account.Spent));
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_client_that_leaves_while_its_answer_is_waited_for_leaves_nothing_reserved()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });
        using var leave = new CancellationTokenSource();
        using var request = new StringContent(Some.ChatRequest(extra: ",\"max_tokens\":50"), Encoding.UTF8, "application/json");
        var asking = gateway.Http.PostAsync("/v1/chat/completions", request, leave.Token);
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        Assert.True(Assert.Single(gateway.Engine.Budgets.List()).Reserved > 0);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        await NothingIsReservedAsync(gateway);
    }

    [Fact]
    public async Task A_cheaper_model_of_any_name_is_told_in_a_header_that_can_be_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Models["günstig"] = new ModelRouteOptions { Targets = [new() { Model = "up/some-model" }] };
            // From the second call on.
            options.Budgets.Named["total"] =
                new BudgetOptions { Usd = 1, Period = "lifetime", CheaperModel = "günstig", CheaperAfter = "0.0000001%" };
        });
        using var first = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"max_tokens\":50"));
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));

        using var second = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"max_tokens\":50"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal("g?nstig; budget=total", second.Headers.GetValues("x-switchyard-cheaper").Single());
    }

    /// <summary>Waits for the ends of the calls, which come after their answers.</summary>
    private static Task NothingIsReservedAsync(GatewayHost gateway) =>
        Wait.ForAsync(() => gateway.Engine.Budgets.List().All(account => account.Reserved == 0));
}

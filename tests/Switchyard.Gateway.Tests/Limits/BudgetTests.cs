using System.Net;
using System.Text;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Limits;

/// <summary>Budgets behind HTTP, where a request may turn out to be invalid after its cost was reserved.</summary>
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
            // Room for an answer but not for the longest: so its length is limited, for which the request must be parsed.
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 0.01m, Period = "lifetime" };
        });

        using var answer = await gateway.PostAsync("/v1/chat/completions", $$"""{"model":"up/some-model",{{members}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        await NothingIsReservedAsync(gateway);
        // A request that is refused before its budget is checked opens no account.
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
    public async Task A_form_that_asks_for_several_images_holds_all_of_them()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 10, Period = "lifetime" };
        });
        using var leave = new CancellationTokenSource();
        using var form = new MultipartForm().File("image", [1, 2, 3], "cat.png").Field("prompt", "a dog").Field("n", "4")
            .Field("model", "up/some-model").ToContent();
        var asking = gateway.Http.PostAsync("/v1/images/edits", form, leave.Token);
        await Wait.ForAsync(() => upstream.Requests.Count > 0);

        // 32,768 tokens at ten dollars a million for each.
        Assert.InRange(Assert.Single(gateway.Engine.Budgets.List()).Reserved, 4 * 327_680_000L, 5 * 327_680_000L);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await NothingIsReservedAsync(gateway);
    }

    [Fact]
    public async Task A_large_form_whose_rest_may_ask_for_images_holds_as_many_as_there_can_be()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 10, Period = "lifetime" };
        });
        using var leave = new CancellationTokenSource();
        using var form = new MultipartForm().Field("model", "up/some-model").Field("prompt", "a dog")
            .File("image", new byte[3_000_000], "cat.png").Field("n", "10").ToContent();
        var asking = gateway.Http.PostAsync("/v1/images/edits", form, leave.Token);
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Reserved > 0));

        Assert.InRange(Assert.Single(gateway.Engine.Budgets.List()).Reserved, 10 * 327_680_000L, 11 * 327_680_000L);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await NothingIsReservedAsync(gateway);
    }

    [Fact]
    public async Task Speech_that_is_billed_as_tokens_is_charged_although_audio_comes_without_a_count()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenBytes([1, 2, 3], "audio/mpeg");
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });

        using var answer = await gateway.PostAsync(
            "/v1/audio/speech", $$"""{"model":"up/some-model","input":"{{new string('a', 1_000)}}","voice":"alloy"}""");

        Assert.Equal([1, 2, 3], await answer.Content.ReadAsByteArrayAsync());
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));
        // A minute and a quarter, at 1,250 tokens a minute and ten dollars a million.
        Assert.InRange(Assert.Single(gateway.Engine.Budgets.List()).Spent, 15_000_000, 17_000_000);
    }

    [Fact]
    public async Task A_quarter_of_a_dollar_is_enough_for_a_minute_of_audio()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"text":"Hi."}""");
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["openai"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k" };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 0.25m, Period = "lifetime" };
        });

        using var answer = await gateway.Http.PostAsync(
            "/v1/audio/transcriptions",
            new MultipartForm().Field("model", "openai/gpt-4o-transcribe").File("file", new byte[960_000]).ToContent());

        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_cheaper_model_of_any_name_is_named_in_a_header_that_can_be_sent()
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

    [Theory]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/messages", false)]
    [InlineData("/v1/messages", true)]
    public async Task A_call_is_charged_the_service_tier_that_its_answer_names(string path, bool stream)
    {
        const string Usage = """
            "usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150},"service_tier":"priority"
            """;
        await using var upstream = await FakeUpstream.StartAsync();
        AnswerWith(upstream, Usage, stream);
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            var price = new PriceOptions { Input = 1, Output = 10 };
            price.ServiceTiers["priority"] = new() { Input = 2, Output = 20 };
            options.Prices.Models["up/*"] = price;
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });

        using var answer = await gateway.PostAsync(
            path,
            $$"""
            {"model":"up/some-model","max_tokens":50,"messages":[{"role":"user","content":"Hi"}],"stream":{{(stream ? "true" : "false")}} }
            """);
        await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));
        // 100 tokens at 2 dollars and 50 at 20 for a million.
        Assert.Equal(1_200_000, Assert.Single(gateway.Engine.Budgets.List()).Spent);
    }

    [Theory]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/messages", false)]
    [InlineData("/v1/messages", true)]
    public async Task A_call_is_charged_the_searches_that_its_provider_has_made(string path, bool stream)
    {
        const string Usage = """
            "usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"server_tool_use":{"web_search_requests":2}}
            """;
        await using var upstream = await FakeUpstream.StartAsync();
        AnswerWith(upstream, Usage, stream);
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Prices.Models["up/some-*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Prices.Models["up/*"] = new PriceOptions { Tools = { WebSearch = 0.01m } };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });

        using var answer = await gateway.PostAsync(
            path,
            $$"""
            {"model":"up/some-model","max_tokens":50,"messages":[{"role":"user","content":"Hi"}],"stream":{{(stream ? "true" : "false")}} }
            """);
        await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));
        // 100 tokens at 1 dollar and 50 at 10 for a million, and two cents.
        Assert.Equal(20_600_000, Assert.Single(gateway.Engine.Budgets.List()).Spent);
    }

    /// <summary>The provider's next answer, with these further members.</summary>
    private static void AnswerWith(FakeUpstream upstream, string members, bool stream)
    {
        if (stream)
        {
            upstream.ThenStream(
                """data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}""" + "\n\n",
                """data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n",
                $$"""data: {"id":"c","choices":[],{{members}} }""" + "\n\n",
                "data: [DONE]\n\n");
        }
        else
        {
            upstream.ThenJson(
                $$"""
                {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],{{members}} }
                """);
        }
    }

    /// <summary>Waits for the ends of the calls, which follow their answers.</summary>
    private static Task NothingIsReservedAsync(GatewayHost gateway) =>
        Wait.ForAsync(() => gateway.Engine.Budgets.List().All(account => account.Reserved == 0));
}

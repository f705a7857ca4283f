using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Limits;

/// <summary>The header with an answer's cost.</summary>
public sealed class CostHeaderTests
{
    [Theory]
    [InlineData(
        "/v1/chat/completions", """{"model":"up/m","messages":[{"role":"user","content":"Hi"}]}""",
        """
        {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":7,"completion_tokens":3}}
        """,
        "0.000013")]
    [InlineData(
        "/v1/embeddings", """{"model":"up/m","input":"Hi"}""",
        """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":7,"total_tokens":7}}""",
        "0.000007")]
    [InlineData(
        "/v1/embeddings", """{"model":"up/m","input":"Hi"}""",
        """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}]}""",
        null)]
    [InlineData("/v1/moderations", """{"model":"up/m","input":"Hi"}""", """{"id":"m","results":[{"flagged":false}]}""", null)]
    public async Task An_answer_whose_usage_is_reported_has_its_cost(string path, string request, string answer, string? cost)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(answer);
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Prices.Models["up/*"] = new() { Input = 1, Output = 2 });

        using var response = await gateway.PostAsync(path, request);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(cost, response.Headers.TryGetValues(AnswerFacts.Cost, out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task A_failed_attempt_that_reports_usage_is_part_of_the_cost()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"error":{"message":"No."},"usage":{"prompt_tokens":5,"completion_tokens":1}}""", 500);
        upstream.ThenJson(
            """
            {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":7,"completion_tokens":3}}
            """);
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Models["two"] = new() { Targets = [new() { Model = "up/m" }], Fallback = [new() { Model = "up/n" }] };
            options.Prices.Models["up/*"] = new() { Input = 1, Output = 2 };
        });

        using var response = await gateway.PostAsync(
            "/v1/chat/completions", """{"model":"two","messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal("2", response.Headers.GetValues(AnswerFacts.Attempts).Single());
        Assert.Equal("0.00002", response.Headers.GetValues(AnswerFacts.Cost).Single());
    }
}

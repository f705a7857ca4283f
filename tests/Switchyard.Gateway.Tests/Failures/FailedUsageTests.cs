using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>A provider that reports what a failed request has used bills it: it is paid exactly that, and no estimate.</summary>
public sealed class FailedUsageTests
{
    private const string ChatUsage = ""","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}""";

    private const string Usage = ""","usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}""";

    private static readonly string s_long = new('x', 4_000);

    [Theory]
    [InlineData("openai-chat", "openai-chat", $$"""{"error":{"message":"No.","type":"server_error"}{{ChatUsage}}}""", 500)]
    [InlineData("anthropic-messages", "openai-chat", $$"""{"error":{"message":"No.","type":"server_error"}{{ChatUsage}}}""", 500)]
    [InlineData("openai-chat", "openai-chat", $$"""{"error":{"message":"No."}{{ChatUsage}}}""", 400)]
    [InlineData("openai-chat", "openai-chat", $$"""{"error":{"message":"No."}{{ChatUsage}}}""", 200)]
    [InlineData("anthropic-messages", "openai-chat", $$"""{"error":{"message":"No."}{{ChatUsage}}}""", 200)]
    [InlineData(
        "anthropic-messages", "anthropic-messages",
        $$"""{"type":"error","error":{"type":"api_error","message":"No."}{{Usage}}}""", 529)]
    [InlineData(
        "openai-responses", "openai-responses",
        $$"""{"id":"r","object":"response","status":"failed","error":{"code":"server_error","message":"No."},"output":[]{{Usage}}}""", 200)]
    public async Task A_whole_answer_that_is_an_error_costs_what_it_reports(string client, string provider, string error, int status)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        upstream.ThenJson(error, status);

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        Assert.False(response.IsSuccessStatusCode);
        await AssertPaidAsync(gateway);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    public async Task A_stream_that_ends_with_an_error_and_its_usage_costs_that(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant"}"""), Some.Chunk($$"""{"content":"{{s_long}}"}"""),
            $$$"""data: {"choices":[{"index":0,"delta":{}}],"error":{"message":"No.","code":500}{{{ChatUsage}}}}""" + "\n\n", Some.Done);

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);
        Assert.Contains("No.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await AssertPaidAsync(gateway);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    public async Task So_does_one_whose_usage_came_before_the_error(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant"}"""), Some.Chunk($$"""{"content":"{{s_long}}"}"""),
            $$"""data: {"choices":[]{{ChatUsage}}}""" + "\n\n", """data: {"error":{"message":"No."}}""" + "\n\n");

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);
        Assert.Contains("No.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await AssertPaidAsync(gateway);
    }

    /// <summary>1,000 tokens, four characters each, or as many as the request allows.</summary>
    [Theory]
    [InlineData("openai-chat", 1_000)]
    [InlineData("anthropic-messages", 100)]
    public async Task Counts_that_came_before_the_content_do_not_include_it(string client, int output)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        upstream.ThenStream(
            $$"""data: {"choices":[]{{ChatUsage}}}""" + "\n\n", Some.Chunk($$"""{"content":"{{s_long}}"}"""),
            """data: {"error":{"message":"No."}}""" + "\n\n");

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);
        Assert.Contains("No.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await AssertPaidAsync(gateway, output);
    }

    [Fact]
    public async Task So_does_a_response_that_fails_at_its_end()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-responses");
        upstream.ThenStream(
            Event("response.created", """ "response":{"id":"r","object":"response","status":"in_progress","output":[]} """),
            Event("response.output_text.delta", $$""" "item_id":"m","output_index":0,"content_index":0,"delta":"{{s_long}}" """),
            Event(
                "response.failed",
                $$""" "response":{"id":"r","status":"failed","error":{"code":"server_error","message":"No."},"output":[]{{Usage}}} """));

        using var response = await ClientFormat.Of("openai-responses").AskAsync(gateway, stream: true);
        Assert.Contains("No.", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await AssertPaidAsync(gateway);
    }

    private static string Event(string type, string members) => $"event: {type}\ndata: {{\"type\":\"{type}\",{members}}}\n\n";

    /// <summary>Ten tokens at $1 and, unless more were written, five at $10 for a million.</summary>
    private static async Task AssertPaidAsync(GatewayHost gateway, int output = 5)
    {
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().All(status => status.Reserved == 0));
        var account = gateway.Engine.Budgets.List().Single();
        Assert.Equal((10 * 1_000 + output * 10_000, 0), (account.Spent, account.Reserved));
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string dialect) => GatewayHost.StartAsync(
        upstream,
        options =>
        {
            options.Providers["up"].Dialect = dialect;
            options.Retry.Attempts = 1;
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
        });
}

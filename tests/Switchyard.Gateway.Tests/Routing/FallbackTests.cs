using System.Net;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

public sealed class FallbackTests
{
    [Covers("S002-83", "S004-38")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_next_target_answers_when_the_first_fails_before_any_byte(bool stream)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson("""{"error":{"message":"overloaded"}}""", 503);
        if (stream)
            good.ThenStream(Some.ChatStream());

        var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: stream));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("good", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("2", response.Headers.GetValues("x-switchyard-attempts").Single());
        Assert.Contains("\"good-model\"", good.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_one_target_is_sent_to_another()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson("{}", 500);

        await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal("Bearer key-of-good", good.LastRequest.Headers["Authorization"]);
        Assert.DoesNotContain(
            good.LastRequest.Headers,
            header => header.Value.Contains("-bad", StringComparison.Ordinal) || header.Value.Contains("bad-", StringComparison.Ordinal));
        Assert.DoesNotContain("bad", good.LastRequest.Text, StringComparison.Ordinal);
    }

    [Covers("S002-17", "S004-43")]
    [Fact]
    public async Task A_request_the_first_target_calls_wrong_is_not_tried_on_the_next()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson(
            """{"error":{"message":"temperature is too high","type":"invalid_request_error","param":"temperature","code":"bad_value"}}""",
            400);

        var response = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(good.Requests);
    }

    [Covers("S002-83")]
    [Fact]
    public async Task A_stream_that_breaks_after_its_first_bytes_is_not_begun_again_elsewhere()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(Some.ChatStream()[..2]);

        var text = await (await gateway.ChatAsync(Some.ChatRequest("fast", stream: true))).Content.ReadAsStringAsync();

        Assert.Contains("\"error\"", text, StringComparison.Ordinal);
        Assert.Empty(good.Requests);
    }

    [Covers("S004-44")]
    [Fact]
    public async Task When_all_targets_fail_the_last_failure_is_the_answer()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson("{}", 503);
        good.ThenJson("""{"error":{"message":"Slow down."}}""", 429, ("Retry-After", "3"));

        var response = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("2", response.Headers.GetValues("x-switchyard-attempts").Single());
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream bad, FakeUpstream good) => GatewayHost.StartAsync(options =>
    {
        options.Providers["bad"] = new ProviderOptions { BaseUrl = bad.BaseUrl, Key = "key-of-bad" };
        options.Providers["good"] = new ProviderOptions { BaseUrl = good.BaseUrl, Key = "key-of-good" };
        options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "bad/bad-model" }],
            Fallback = [new TargetOptions { Model = "good/good-model" }],
        };
    });
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The log lines about attempts: one when an attempt begins, one if it fails.</summary>
public sealed class AttemptLogTests
{
    [Covers("S002-63", "S002-65", "S002-66")]
    [Fact]
    public async Task An_attempt_has_a_line_when_it_begins_and_a_warning_when_it_failed()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Rate limit exceeded"}}""", 429);

        using (await gateway.ChatAsync(Some.ChatRequest(text: "my secret plan"), ("x-request-id", "mine-1")))
            await gateway.Log.WaitForAsync("up API error ");

        var begun = Assert.Single(Records(gateway, "up request attempt 1"));
        Assert.Equal(LogLevel.Debug, begun.Level);
        Assert.Matches("^up request attempt 1/[0-9]+: request_id=mine-1, model=some-model$", begun.Message);
        var failed = Records(gateway, "up API error (attempt 1").First();
        Assert.Equal(LogLevel.Warning, failed.Level);
        Assert.Contains(": 429 - ", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Rate limit exceeded", failed.Message, StringComparison.Ordinal);
        // Programs can read the fields as well.
        Assert.Equal("429", failed.GetStructuredStateValue("Status"));
        Assert.Equal("mine-1", failed.GetStructuredStateValue("RequestId"));
        Assert.Equal("up", failed.GetStructuredStateValue("Provider"));
        Assert.Equal("some-model", failed.GetStructuredStateValue("Model"));
        Assert.Equal("1", failed.GetStructuredStateValue("Attempt"));
    }

    [Covers("S002-66")]
    [Theory, InlineData(200), InlineData(400), InlineData(422), InlineData(500)]
    public async Task No_line_above_debug_quotes_a_prompt_that_the_provider_quotes(int status)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(
            status == 200
                ? Some.ChatCompletion("my secret plan")
                : $$$"""{"error":{"message":"{{{(status < 500 ? "Cannot do: my secret plan" : "broken")}}}","type":"invalid_request_error"}}""",
            status);

        using (await gateway.ChatAsync(Some.ChatRequest(text: "my secret plan")))
            await gateway.Log.WaitForAsync("Call ");

        Assert.DoesNotContain(
            gateway.Log.GetSnapshot(),
            record => record.Level > LogLevel.Debug
                && $"{record.Message} {record.Exception} {string.Join(' ', record.StructuredState ?? [])}"
                    .Contains("secret plan", StringComparison.Ordinal));
    }

    private static IEnumerable<FakeLogRecord> Records(GatewayHost gateway, string start) =>
        gateway.Log.GetSnapshot().Where(record => record.Message.StartsWith(start, StringComparison.Ordinal));

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) => GatewayHost.StartAsync(
        upstream, build: build => build.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug)));
}

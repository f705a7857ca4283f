using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>Anthropic's client, unmodified, and batches: it fetches results from the address in the batch.</summary>
public sealed class MessageBatchTests
{
    private const string Begun = """{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","results_url":null}""";

    private const string Results = """
        {"custom_id":"1","result":{"type":"succeeded"}}
        {"custom_id":"2","result":{"type":"expired"}}

        """;

    [Fact]
    public async Task The_JavaScript_client_begins_reads_cancels_and_deletes_a_batch_and_never_leaves_the_gateway()
    {
        NodeProcess.SkipUnlessInstalled();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["anthropic"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        var ended = Begun.Replace("in_progress", "ended", StringComparison.Ordinal)
            .Replace("null", $"\"{upstream.BaseUrl}/messages/batches/msgbatch_1/results\"", StringComparison.Ordinal);
        upstream.ThenJson(Begun)
            .ThenJson("""{"data":[BATCH],"has_more":false}""".Replace("BATCH", ended, StringComparison.Ordinal))
            .ThenJson(ended)
            .ThenBytes(Encoding.UTF8.GetBytes(Results), "application/x-jsonl")
            .ThenJson(ended)
            .ThenJson("""{"id":"msgbatch_1","type":"message_batch_deleted"}""");

        var printed = await NodeProcess.PrintedAsync("batches.mjs", gateway.Address.ToString());

        Assert.Equal(
            """{"begun":"msgbatch_1","listed":["msgbatch_1"],"results":["1 succeeded","2 expired"],"cancelled":"ended","""
                + "\"deleted\":\"message_batch_deleted\",\"gone\":\"NotFoundError 404\"}",
            printed.Trim());
        Assert.Equal(6, upstream.Requests.Count);
        Assert.All(upstream.Requests, request => Assert.Equal("sk-upstream-secret", request.Headers["x-api-key"]));
    }
}

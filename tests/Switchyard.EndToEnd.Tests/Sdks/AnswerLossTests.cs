using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>
/// The vendors' own JavaScript clients, unmodified, read streams that report losses, and the images that their formats can hold.
/// </summary>
public sealed class AnswerLossTests
{
    private const string Picture = "iVBORw0KGgo=";

    private const string Google =
        $$$"""{"candidates":[{"content":{"parts":[{"text":"Hi there"},{"executableCode":{"language":"PYTHON","code":"1"}},{"inlineData":{"mimeType":"image/png","data":"{{{Picture}}}"}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":11},"modelVersion":"m","responseId":"r"}""";

    private static readonly string[] s_anthropic =
    [
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi there"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}""",
        """{"type":"message_stop"}""",
    ];

    [Covers("X2")]
    [Fact]
    public async Task Unmodified_clients_read_streams_that_name_what_was_lost()
    {
        NodeProcess.SkipUnlessInstalled();
        await using var google = await FakeUpstream.StartAsync();
        await using var anthropic = await FakeUpstream.StartAsync();
        google.ThenStream($"data: {Google}\r\n\r\n");
        anthropic.ThenStream([.. s_anthropic.Select(data => $"event: {JsonType(data)}\ndata: {data}\n\n")]);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["google"] =
                new ProviderOptions { BaseUrl = google.BaseUrl, Key = "any", Models = ["script"], Dialect = "gemini" };
            options.Providers["anthropic"] =
                new ProviderOptions { BaseUrl = anthropic.BaseUrl, Key = "any", Models = ["script"], Dialect = "anthropic-messages" };
        });

        var read = await NodeProcess.RunAsync("losses.mjs", gateway.Address.ToString());

        Assert.Equal(
            $$$"""{"text":"Hi there","finish":"stop","images":["data:image/png;base64,{{{Picture}}}"]}""",
            read.GetProperty("openai-chat").GetRawText());
        Assert.Equal(
            $$"""{"text":"Hi there","finish":"completed","images":["{{Picture}}"]}""", read.GetProperty("openai-responses").GetRawText());
        Assert.Equal(
            """{"text":"Hi there","finish":"end_turn","images":[]}""", read.GetProperty("anthropic-messages").GetRawText());
        Assert.Equal(
            // The stream reports the loss beside the finish reason (Gateway.Tests); this client drops that member.
            """{"text":"Hi there","finish":"STOP","images":[]}""", read.GetProperty("gemini").GetRawText());
    }

    private static string JsonType(string data) => System.Text.Json.JsonElement.Parse(data).GetProperty("type").GetString()!;
}

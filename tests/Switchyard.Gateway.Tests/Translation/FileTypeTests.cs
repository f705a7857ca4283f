using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Files with a missing or unusual media type reach providers of other formats with the correct one.</summary>
public sealed class FileTypeTests
{
    private const string Png = "iVBORw0KGgo=";
    private const string Pdf = "JVBERi0xLjQ=";

    private static readonly string[] s_formats = ["openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse"];

    public static TheoryData<string, string> Images => new()
    {
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:application/octet-stream;base64,{{{{Png}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:;base64,{{{{Png}}}}","detail":"auto"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:base64,{{{{Png}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:IMAGE/PNG;base64,{{{{Png}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:image/png;name=a.png;base64,{{{{Png}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:image/*;base64,{{{{Png}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"image_url","image_url":"data:application/octet-stream;base64,{{{{Png}}}}"}""" },
        { "openai-responses", $$$$"""{"type":"input_image","image_url":"data:application/octet-stream;base64,{{{{Png}}}}"}""" },
        { "openai-responses", $$$$"""{"type":"input_image","image_url":"data:;base64,{{{{Png}}}}"}""" },
        { "anthropic-messages", $$$$"""{"type":"image","source":{"type":"base64","media_type":"application/octet-stream","data":"{{{{Png}}}}"}}""" },
        { "anthropic-messages", $$$$"""{"type":"image","source":{"type":"base64","media_type":"IMAGE/PNG","data":"{{{{Png}}}}"}}""" },
        { "anthropic-messages", $$$$"""{"type":"image","source":{"type":"base64","data":"{{{{Png}}}}"}}""" },
        { "anthropic-messages", $$$$"""{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"","data":"{{{{Png}}}}"}}]}""" },
        { "gemini", $$$$"""{"inlineData":{"mimeType":"application/octet-stream","data":"{{{{Png}}}}"}}""" },
        { "gemini", $$$$"""{"inlineData":{"mimeType":"image/png; charset=binary","data":"{{{{Png}}}}"}}""" },
        { "gemini", $$$$"""{"inlineData":{"data":"{{{{Png}}}}"}}""" },
    };

    public static TheoryData<string, string> Documents => new()
    {
        { "openai-chat", $$$$"""{"type":"image_url","image_url":{"url":"data:application/pdf;base64,{{{{Pdf}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"{{{{Pdf}}}}"}}""" },
        { "openai-chat", $$$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/octet-stream;base64,{{{{Pdf}}}}"}}""" },
        { "openai-responses", $$$$"""{"type":"input_file","filename":"a.pdf","file_data":"{{{{Pdf}}}}"}""" },
        { "openai-responses", $$$$"""{"type":"input_file","filename":"a.pdf","file_data":"data:;base64,{{{{Pdf}}}}"}""" },
        { "anthropic-messages", $$$$"""{"type":"document","source":{"type":"base64","media_type":"application/x-pdf","data":"{{{{Pdf}}}}"}}""" },
        { "gemini", $$$$"""{"inlineData":{"mimeType":"binary/octet-stream","data":"{{{{Pdf}}}}"}}""" },
    };

    [Theory, MemberData(nameof(Images))]
    public async Task An_image_is_one_for_every_provider(string client, string part)
    {
        foreach (var format in s_formats.Where(format => format != client))
        {
            var (sent, dropped) = await SendAsync(client, format, part);

            Assert.True(sent.Contains(TypeIn(format, "image/png", "png"), StringComparison.Ordinal), $"{format}: {sent}");
            Assert.Contains(Png, sent, StringComparison.Ordinal);
            Assert.True(dropped is null || !dropped.Contains("content[0]", StringComparison.Ordinal), $"{format}: {dropped}");
        }
    }

    [Theory, MemberData(nameof(Documents))]
    public async Task A_document_is_one_for_every_provider(string client, string part)
    {
        foreach (var format in s_formats.Where(format => format != client))
        {
            var (sent, _) = await SendAsync(client, format, part);

            Assert.True(sent.Contains(TypeIn(format, "application/pdf", "pdf"), StringComparison.Ordinal), $"{format}: {sent}");
            Assert.Contains(Pdf, sent, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("anthropic-messages", """{"type":"document","title":"Harbour","source":{"type":"text","media_type":"text/plain","data":"It is deep."}}""")]
    [InlineData("anthropic-messages", """{"type":"document","title":"Harbour","source":{"type":"content","content":[{"type":"text","text":"It is deep."}]}}""")]
    [InlineData("gemini", """{"inlineData":{"mimeType":"text/plain","data":"SXQgaXMgZGVlcC4=","displayName":"Harbour"}}""")]
    public async Task A_document_that_is_text_is_text_for_a_provider_that_takes_only_PDF(string client, string part)
    {
        var (sent, dropped) = await SendAsync(client, "openai-chat", part);

        Assert.Contains("""{"type":"text","text":"Harbour:\nIt is deep."}""", sent, StringComparison.Ordinal);
        Assert.Null(dropped);
    }

    [Fact]
    public async Task What_nothing_tells_the_kind_of_is_left_out_and_named()
    {
        var (sent, dropped) = await SendAsync(
            "openai-chat", "anthropic-messages",
            """{"type":"image_url","image_url":{"url":"data:application/octet-stream;base64,AAAAAAAA"}}""");

        Assert.DoesNotContain("AAAAAAAA", sent, StringComparison.Ordinal);
        Assert.Contains("messages[0].content[0]", dropped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_only_other_gateways_know_takes_no_image_with_it()
    {
        var (sent, dropped) = await SendAsync(
            "openai-chat", "anthropic-messages",
            $$$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{{Png}}}}","format":"image/png"}}""");

        Assert.Contains(Png, sent, StringComparison.Ordinal);
        Assert.Equal("messages[0].content[0].image_url.format", dropped);
    }

    private static string TypeIn(string format, string type, string shortType) => format switch
    {
        "anthropic-messages" => $"\"media_type\":\"{type}\"",
        "gemini" => $"\"mimeType\":\"{type}\"",
        "bedrock-converse" => $"\"format\":\"{shortType}\"",
        _ => $"data:{type};base64,",
    };

    private static async Task<(string Sent, string? Dropped)> SendAsync(string client, string format, string part)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format);
        upstream.ThenJson(ProviderFormat.Of(format).Whole);
        const string model = "\"model\":\"up/some-model\"";
        var (path, body) = client switch
        {
            "openai-chat" => ("/v1/chat/completions", """{MODEL,"messages":[{"role":"user","content":[PART,{"type":"text","text":"What?"}]}]}"""),
            "openai-responses" => ("/v1/responses", """{MODEL,"input":[{"role":"user","content":[PART,{"type":"input_text","text":"What?"}]}]}"""),
            "anthropic-messages" => ("/v1/messages", part.Contains("tool_result", StringComparison.Ordinal)
                ? """{MODEL,"max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"look","input":{}}]},{"role":"user","content":[PART]}],"tools":[{"name":"look","input_schema":{"type":"object"}}]}"""
                : """{MODEL,"max_tokens":9,"messages":[{"role":"user","content":[PART,{"type":"text","text":"What?"}]}]}"""),
            _ => ("/v1beta/models/up/some-model:generateContent", """{"contents":[{"role":"user","parts":[PART,{"text":"What?"}]}]}"""),
        };

        using var response = await gateway.PostAsync(
            path, body.Replace("MODEL", model, StringComparison.Ordinal).Replace("PART", part, StringComparison.Ordinal));

        Assert.True(response.IsSuccessStatusCode, $"{format}: {await response.Content.ReadAsStringAsync()}");
        return (
            upstream.LastRequest.Text,
            response.Headers.TryGetValues("x-switchyard-dropped", out var names) ? string.Join(",", names) : null);
    }
}

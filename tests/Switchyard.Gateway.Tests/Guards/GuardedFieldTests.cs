using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Guards;

/// <summary>The guards of requests see every text that leaves for a provider, in whichever field the client wrote it.</summary>
public sealed class GuardedFieldTests
{
    private const string Chat = """{"model":"up/m","messages":[{"role":"user","content":"hi"}],""" + "\"";
    private const string Messages = """{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],""" + "\"";
    private const string Gemini = """{"contents":[{"parts":[{"text":"hi"}]}],""" + "\"";
    private const string Responses = """{"model":"up/m","input":"hi",""" + "\"";
    private const string Function = """{"type":"function","function":{"name":"f","description":"as ada@example.com does","parameters":{"type":"object"}}}""";

    public static TheoryData<string, string, string> Requests => new()
    {
        { "openai-chat", "/v1/chat/completions", $$"""{{Chat}}tools":[{{Function}}]}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string","description":"like ada@example.com"}}}}}]}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """functions":[{"name":"f","description":"as ada@example.com does"}]}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """tools":[{"type":"custom","custom":{"name":"f","description":"as ada@example.com does"}}]}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """response_format":{"type":"json_schema","json_schema":{"name":"r","description":"of ada@example.com","schema":{"type":"object"}}}}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """response_format":{"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object","title":"of ada@example.com"}}}}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """user":"ada@example.com"}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """metadata":{"author":"ada@example.com"}}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """stop":["ada@example.com"]}""" },
        { "openai-chat", "/v1/chat/completions", Chat + """own_field":{"of":["ada@example.com"]}}""" },
        { "openai-chat", "/v1/chat/completions", """{"model":"up/m","messages":[{"role":"user","name":"ada@example.com","content":"hi"}]}""" },
        { "openai-chat", "/v1/embeddings", """{"model":"up/m","input":"hi","user":"ada@example.com"}""" },
        { "openai-chat", "/v1/rerank", """{"model":"up/m","query":"hi","documents":["a"],"instruction":"for ada@example.com"}""" },
        { "openai-chat", "/v1/images/generations", """{"prompt":"a portrait of ada@example.com","model":"up/m","n":1}""" },
        { "openai-chat", "/v1/audio/speech", """{"model":"up/m","input":"write to ada@example.com","voice":"alloy"}""" },
        { "openai-chat", "/v1/audio/speech", """{"model":"up/m","input":"hi","voice":"alloy","instructions":"like ada@example.com"}""" },
        { "openai-chat", "/v1/moderations", """{"model":"up/m","input":"ada@example.com"}""" },
        { "openai-chat", "/v1/moderations", """{"input":["hi","ada@example.com"],"model":"up/m"}""" },
        { "openai-chat", "/v1/moderations", """{"model":"up/m","input":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},{"type":"text","text":"\ud83d ada@example.com"}]}""" },
        { "anthropic-messages", "/v1/messages", Messages + """tools":[{"name":"f","description":"as ada@example.com does","input_schema":{"type":"object"}}]}""" },
        { "anthropic-messages", "/v1/messages", Messages + """tools":[{"name":"f","input_schema":{"type":"object"},"input_examples":[{"a":"ada@example.com"}]}]}""" },
        { "anthropic-messages", "/v1/messages", Messages + """metadata":{"user_id":"ada@example.com"}}""" },
        { "anthropic-messages", "/v1/messages", Messages + """stop_sequences":["ada@example.com"]}""" },
        { "gemini", "/v1beta/models/up%2Fm:generateContent", Gemini + """tools":[{"functionDeclarations":[{"name":"f","description":"as ada@example.com does","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]}]}""" },
        { "gemini", "/v1beta/models/up%2Fm:generateContent", Gemini + """generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","description":"of ada@example.com","properties":{"a":{"type":"STRING"}}}}}""" },
        { "gemini", "/v1beta/models/up%2Fm:generateContent", Gemini + """labels":{"author":"ada@example.com"}}""" },
        { "gemini", "/v1beta/models/up%2Fm:embedContent", """{"content":{"parts":[{"text":"hi"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"of ada@example.com"}""" },
        { "gemini", "/v1beta/models/up%2Fm:batchEmbedContents", """{"requests":[{"model":"models/m","content":{"parts":[{"text":"hi"}]},"title":"of ada@example.com"},{"model":"models/m","content":{"parts":[{"text":"ho"}]},"title":"other"}]}""" },
        { "gemini", "/v1beta/models/up%2Fm:batchEmbedContents", """{"requests":[{"model":"models/m","content":{"parts":[{"text":"hi"},{"text":"ho"}]},"title":"of ada@example.com"}]}""" },
        { "openai-responses", "/v1/responses", Responses + """tools":[{"type":"function","name":"f","description":"as ada@example.com does","parameters":{"type":"object"}}]}""" },
        { "openai-responses", "/v1/responses", Responses + """tools":[{"type":"custom","name":"f","format":{"type":"grammar","syntax":"lark","definition":"start: \"ada@example.com\""}}]}""" },
        { "openai-responses", "/v1/responses", Responses + """text":{"format":{"type":"json_schema","name":"r","schema":{"type":"object","title":"of ada@example.com"}}}}""" },
        { "openai-responses", "/v1/responses", Responses + """metadata":{"author":"ada@example.com"}}""" },
        { "openai-responses", "/v1/responses", Responses + """safety_identifier":"ada@example.com"}""" },
    };

    [Theory, MemberData(nameof(Requests))]
    public async Task A_text_in_any_field_is_masked_before_it_leaves(string dialect, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, dialect, "mask");

        using var answer = await gateway.PostAsync(path, body);

        var sent = upstream.LastRequest.Text;
        Assert.DoesNotContain("ada@example.com", sent, StringComparison.Ordinal);
        Assert.Contains("[EMAIL_1]", sent, StringComparison.Ordinal);
        Assert.Equal(["guard=masked(email)"], answer.Headers.GetValues("x-switchyard-guard"));
        Assert.False(answer.Headers.Contains("x-switchyard-dropped"));
        // All other fields arrive. Gemini's texts to embed always go as a batch.
        if (!IsBatch(path))
            Assert.Empty(Names(body).Except(Names(sent)));
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_text_in_any_field_can_refuse_the_request(string dialect, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, dialect, "block");

        using var answer = await gateway.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(upstream.Requests);
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_request_in_which_nothing_is_found_keeps_its_bytes(string dialect, string path, string body)
    {
        // Always written anew, and custom tools for a provider without them.
        if (IsBatch(path) || body.Contains("\"custom\"", StringComparison.Ordinal))
            return;
        var harmless = body.Replace("ada@example.com", "ada", StringComparison.Ordinal);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, dialect, "mask");

        using var answer = await gateway.PostAsync(path, harmless);

        Assert.Equal(harmless.Replace("up/m", "m", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.False(answer.Headers.Contains("x-switchyard-guard"));
    }

    [Fact]
    public async Task A_masked_text_is_restored_in_an_answer_that_repeats_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat", "mask", restore: true);
        upstream.ThenJson("""{"created":1,"data":[{"b64_json":"aGk=","revised_prompt":"[EMAIL_1] smiling"}]}""");

        using var answer = await gateway.PostAsync("/v1/images/generations", """{"model":"up/m","prompt":"ada@example.com"}""");

        Assert.Contains("ada@example.com smiling", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sound_is_no_text_in_which_something_is_restored()
    {
        byte[] sound = [0xFF, 0xFB, 0x90, 0x00, .. "[EMAIL_1]"u8, 0x80];
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat", "mask", restore: true);
        upstream.ThenBytes(sound, "audio/mpeg");

        using var answer = await gateway.PostAsync("/v1/audio/speech", """{"model":"up/m","input":"ada@example.com","voice":"alloy"}""");

        Assert.Equal(sound, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_token_of_a_tool_server_and_a_file_stay_as_they_are()
    {
        const string servers = """ "mcp_servers":[{"type":"url","url":"https://mcp.example/sse","name":"s","authorization_token":"sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"}]""";
        var file = Convert.ToBase64String(new byte[3000]).Replace("AAAA", "4111", StringComparison.Ordinal);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic-messages", "mask");
        await using var images = await StartAsync(upstream, "openai-chat", "mask");

        using var first = await gateway.PostAsync(
            "/v1/messages", $$"""{{Messages}}metadata":{"user_id":"ada@example.com"},{{servers}}}""", ("anthropic-beta", "mcp-client-2025-04-04"));
        Assert.Contains("sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789", upstream.LastRequest.Text, StringComparison.Ordinal);
        using var second = await images.PostAsync(
            "/v1/images/generations", $$"""{"model":"up/m","prompt":"ada@example.com","image":"{{file}}","mask":"data:image/png;base64,{{file}}"}""");

        Assert.Equal(
            $$"""{"model":"m","prompt":"[EMAIL_1]","image":"{{file}}","mask":"data:image/png;base64,{{file}}"}""", upstream.LastRequest.Text);
    }

    [Fact]
    public async Task A_file_stays_one_if_its_slashes_are_escaped()
    {
        // A card number between two slashes, which base64 may hold.
        var file = string.Concat(Enumerable.Repeat("AAA/4111111111111111/AAA", 20)).Replace("/", "\\/", StringComparison.Ordinal);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var images = await StartAsync(upstream, "openai-chat", "mask");

        using var answer = await images.PostAsync(
            "/v1/images/generations", $$"""{"prompt":"ada@example.com","image":"data:image\/png;base64,{{file}}","model":"up/m"}""");

        Assert.Equal(
            $$"""{"prompt":"[EMAIL_1]","image":"data:image\/png;base64,{{file}}","model":"m"}""", upstream.LastRequest.Text);
    }

    private static bool IsBatch(string path) => path.Contains("mbedContent", StringComparison.Ordinal);

    private static List<string> Names(string body) =>
        [.. JsonElement.Parse(body).EnumerateObject().Select(member => member.Name)];

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string dialect, string type, bool restore = false) =>
        GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect, Models = ["m"] };
            options.Guards["guard"] = new() { Type = type, On = restore ? ["request", "answer"] : ["request"], Restore = restore };
            if (type == "block")
                options.Guards["guard"].Words = ["ada@example.com"];
        });
}

using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Guards;

/// <summary>A request in which a guard masks a text has everything else that its client wrote, and its call is like any other.</summary>
public sealed class RewrittenRequestTests
{
    private const string Chat = """
        {"model":"{model}","messages":[{"role":"system","content":"be kind"},{"role":"user","content":[
        {"type":"text","text":"I am {who}","cache_control":{"type":"ephemeral"}},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"one"},{"role":"user","content":"more","name":"ada"}],
        "seed":7,"temperature":0.5,"logit_bias":{"1":2},"service_tier":"flex","store":true,"user":"u","metadata":{"a":"b"},
        "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{}},"strict":true}},
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}},"strict":false}}],
        "tool_choice":"auto","parallel_tool_calls":false,"x_unknown":{"a":[1,{"b":null}]}}
        """;

    private const string OldChat = """
        {"model":"{model}","messages":[{"role":"user","content":"I am {who}"},
        {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"one"}],
        "functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],"function_call":"auto"}
        """;

    private const string Responses = """
        {"model":"{model}","instructions":"be kind","input":[{"role":"user","content":[{"type":"input_text","text":"I am {who}"}]},
        {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},
        {"type":"function_call_output","call_id":"c1","output":"one"}],
        "tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],
        "reasoning":{"effort":"low","summary":"auto"},"text":{"verbosity":"low"},"service_tier":"flex","truncation":"auto",
        "include":["reasoning.encrypted_content"],"safety_identifier":"s","store":false,"max_output_tokens":64}
        """;

    private const string Messages = """
        {"model":"{model}","max_tokens":64,"system":[{"type":"text","text":"be kind","cache_control":{"type":"ephemeral"}}],
        "messages":[{"role":"user","content":"I am {who}"},
        {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"a":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"one","is_error":true}]}],
        "tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],
        "output_config":{"effort":"low"},"metadata":{"user_id":"u"},"service_tier":"auto","stop_sequences":["x"],"container":"box"}
        """;

    private const string Gemini = """
        {"systemInstruction":{"parts":[{"text":"be kind"}]},"contents":[{"role":"user","parts":[{"text":"I am {who}"}]},
        {"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"a":1}}}]},
        {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"one"}}}]}],
        "safetySettings":[{"category":"c","threshold":"t"}],"generationConfig":{"temperature":0.5,"seed":7},"labels":{"a":"b"}}
        """;

    private static readonly string[] s_formats =
        ["openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse", "cohere", "ollama"];

    /// <summary>Both are written by the same encoder, so they differ in nothing but the text.</summary>
    [Theory]
    [InlineData("openai-chat", "/v1/chat/completions", Chat)]
    [InlineData("openai-chat", "/v1/chat/completions", OldChat)]
    [InlineData("openai-responses", "/v1/responses", Responses)]
    [InlineData("anthropic-messages", "/v1/messages", Messages)]
    [InlineData("gemini", "/v1beta/models/{model}:generateContent", Gemini)]
    public async Task A_masked_request_reaches_providers_of_other_formats_like_one_that_is_not(string format, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var sent = 0;
        for (var i = 0; i < s_formats.Length; i++)
        {
            if (s_formats[i] == format)
                continue;
            var plain = await SendAsync(gateway, upstream, path, body, $"to{i}/m", "someone");
            var masked = await SendAsync(gateway, upstream, path, body, $"to{i}/m", "ada@example.com");

            Assert.Equal(plain.Sent, masked.Sent.Replace("[EMAIL_1]", "someone", StringComparison.Ordinal));
            Assert.Equal(plain.Dropped, masked.Dropped);
            sent += plain.Sent.Contains("someone", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.True(sent > 2);
    }

    [Theory]
    [InlineData("openai-chat", "/v1/chat/completions", OldChat)]
    [InlineData("openai-responses", "/v1/responses", Responses)]
    [InlineData("anthropic-messages", "/v1/messages", Messages)]
    [InlineData("gemini", "/v1beta/models/{model}:generateContent", Gemini)]
    public async Task A_masked_request_reaches_a_provider_of_its_own_format_with_its_members_as_they_were(
        string format, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (text, dropped) = await SendAsync(gateway, upstream, path, body, $"to{Array.IndexOf(s_formats, format)}/m", "ada@example.com");

        var (wanted, sent) = (JsonNode.Parse(body)!.AsObject(), JsonNode.Parse(text)!.AsObject());
        Assert.Contains("I am [EMAIL_1]", text, StringComparison.Ordinal);
        Assert.Equal(wanted.Select(member => member.Key).Order(), sent.Select(member => member.Key).Order());
        foreach (var (name, value) in wanted)
        {
            // The conversation may be written in another way, a text in place of a list of one.
            if (name is not ("model" or "messages" or "input" or "contents"))
                Assert.True(JsonNode.DeepEquals(value, sent[name]), $"{name}: {sent[name]?.ToJsonString()}");
        }

        Assert.Equal("", dropped);
    }

    /// <summary>Its provider refuses it, and names the number.</summary>
    [Fact]
    public async Task The_mark_of_an_impossible_limit_is_not_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (sent, _) = await SendAsync(
            gateway, upstream, "/v1/chat/completions",
            """{"model":"{model}","messages":[{"role":"user","content":"I am {who}"}],"max_completion_tokens":0}""",
            $"to{Array.IndexOf(s_formats, "openai-chat")}/m", "ada@example.com");

        Assert.Contains("I am [EMAIL_1]", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("true", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instructions_in_a_list_are_masked_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (sent, _) = await SendAsync(
            gateway, upstream, "/v1/responses",
            """{"model":"{model}","instructions":[{"role":"developer","content":"Greet {who}."}],"input":"Hello"}""",
            $"to{Array.IndexOf(s_formats, "openai-responses")}/m", "ada@example.com");

        Assert.Equal(
            """[{"role":"developer","content":"Greet [EMAIL_1]."}]""", JsonNode.Parse(sent)!["instructions"]!.ToJsonString());
    }

    [Fact]
    public async Task Documents_to_rank_stay_objects_and_are_masked_in_every_member()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"id":"r","results":[{"index":1,"relevance_score":0.9}],"usage":{"total_tokens":7}}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, Mask);

        using var answer = await gateway.PostAsync(
            "/v1/rerank",
            """
            {"model":"up/some-model","query":"q","documents":[{"text":"I am ada@example.com","id":7},
            {"title":"bob@example.com","tags":["eve@example.com"],"body":"b"},{"text":"c"},"mail ada@example.com"]}
            """);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            """[{"text":"I am [EMAIL_1]","id":7},{"title":"[EMAIL_2]","tags":["[EMAIL_3]"],"body":"b"},{"text":"c"},"mail [EMAIL_1]"]""",
            JsonNode.Parse(upstream.LastRequest.Text)!["documents"]!.ToJsonString());
    }

    [Fact]
    public async Task The_copy_of_a_masked_call_for_a_shadow_has_its_clients_format()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var shadow = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            Mask(options);
            options.Providers["shade"] = new() { BaseUrl = shadow.BaseUrl, Key = "k" };
            options.Models["fast"] = new()
            {
                Targets = [new() { Model = "up/some-model" }], Shadow = new() { Target = "shade/m", Share = 1 },
            };
        });

        // A number that is left out for providers of other formats.
        using var answer = await gateway.ChatAsync(Some.ChatRequest("fast", "I am ada@example.com", extra: ",\"top_k\":-1"));
        await Wait.ForAsync(() => shadow.Requests.Count > 0);

        Assert.Contains("[EMAIL_1]", shadow.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal(-1, (int?)JsonNode.Parse(upstream.LastRequest.Text)!["top_k"]);
        Assert.Equal(-1, (int?)JsonNode.Parse(shadow.LastRequest.Text)!["top_k"]);
    }

    [Fact]
    public async Task A_conversation_stays_with_its_target_when_some_of_its_turns_are_masked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            Mask(options);
            foreach (var name in (string[])["one", "two", "three"])
                options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = $"key-of-{name}" };
            options.Models["fast"] = new()
            {
                Strategy = "weighted",
                Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }, new() { Model = "three/m" }],
                Affinity = new(),
            };
        });

        for (var i = 0; i < 12; i++)
        {
            var served = new HashSet<string>();
            foreach (var said in (string[])["more", "ada@example.com", "yet more"])
            {
                using var answer = await gateway.ChatAsync(Turn("fast", $"Hi {i}", said));
                served.Add(answer.Headers.GetValues("x-switchyard-provider").Single());
            }

            Assert.Single(served);
        }

        Assert.Contains(upstream.Requests, request => request.Text.Contains("[EMAIL_1]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_conversation_has_one_budget_when_some_of_its_turns_are_masked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            Mask(options);
            options.Prices.Models["up/*"] = new() { Input = 1, Output = 10 };
            options.Budgets.Named["talk"] = new() { Usd = 1, Period = "lifetime", Per = "session" };
        });

        foreach (var said in (string[])["more", "ada@example.com"])
        {
            using var answer = await gateway.ChatAsync(Turn("up/some-model", "Hi", said));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Single(gateway.Engine.Budgets.List());
    }

    private static void Mask(SwitchyardOptions options) => options.Guards["pii"] = new() { Type = "mask", On = ["request"] };

    private static string Turn(string model, string first, string later) => Some.ChatRequest(model, first).Replace(
        "}]", $$"""},{"role":"assistant","content":"Yes?"},{"role":"user","content":"{{later}}"}]""", StringComparison.Ordinal);

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) => GatewayHost.StartAsync(options =>
    {
        Mask(options);
        for (var i = 0; i < s_formats.Length; i++)
            options.Providers[$"to{i}"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = s_formats[i], Models = ["m"] };
    });

    /// <summary>Returns the body that reached the provider, or the answer if none did, and the fields that are lost.</summary>
    private static async Task<(string Sent, string Dropped)> SendAsync(
        GatewayHost gateway, FakeUpstream upstream, string path, string body, string model, string who)
    {
        var before = upstream.Requests.Count;
        using var answer = await gateway.PostAsync(
            path.Replace("{model}", Uri.EscapeDataString(model), StringComparison.Ordinal),
            body.Replace("{model}", model, StringComparison.Ordinal).Replace("{who}", who, StringComparison.Ordinal));
        var text = await answer.Content.ReadAsStringAsync();
        var requests = upstream.Requests;
        return (
            requests.Count > before ? requests[before].Text : text,
            answer.Headers.TryGetValues("x-switchyard-dropped", out var dropped) ? string.Join(", ", dropped) : "");
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>Answers of the Responses format that the gateway stores if their provider stores none (<c>responses.store</c>).</summary>
public sealed class KeptResponseTests
{
    private readonly TestClock _time = new();

    [Theory]
    [InlineData(false, "openai-chat")]
    [InlineData(true, "openai-chat")]
    [InlineData(false, "anthropic-messages")]
    public async Task Any_model_goes_on_from_an_answer_that_is_kept(bool stream, string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["up"].Dialect = dialect);
        var first = await AskAsync(gateway, upstream, "Hello Ada.", """{"model":"up/m","input":"I am Ada."}""", stream, dialect);
        var second = await AskAsync(
            gateway, upstream, "Ada.", $$"""{"model":"up/m","input":"Who am I?","previous_response_id":"{{Id(first)}}"}""", stream, dialect);
        await AskAsync(
            gateway, upstream, "Bye.",
            $$"""{"model":"up/m","input":[{"role":"user","content":"Bye"}],"previous_response_id":"{{Id(second)}}"}""", stream, dialect);

        var messages = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.AsArray();
        Assert.Equal(
            ["user: I am Ada.", "assistant: Hello Ada.", "user: Who am I?", "assistant: Ada.", "user: Bye"],
            messages.Select(message => $"{message!["role"]}: {TextOf(message["content"]!)}"));
        Assert.StartsWith("resp_sy", Id(first), StringComparison.Ordinal);
        Assert.True((bool)first["store"]!);
        Assert.Null(first["previous_response_id"]);
        Assert.Equal(Id(first), (string?)second["previous_response_id"]);
    }

    [Fact]
    public async Task A_conversation_that_is_kept_is_compacted_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var native = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
            options.Providers["native"] = new() { BaseUrl = native.BaseUrl, Key = "k", Dialect = "openai-responses" });
        var first = await AskAsync(gateway, upstream, "Hello Ada.", """{"model":"up/m","input":"I am Ada."}""");
        native.ThenJson(
            """{"id":"resp_c","object":"response.compaction","created_at":1790000000,"output":[{"id":"cmp_1","type":"compaction","encrypted_content":"E"}]}""");

        using var compacted = await gateway.PostAsync(
            "/v1/responses/compact", $$"""{"model":"native/m","previous_response_id":"{{Id(first)}}"}""");

        var sent = JsonNode.Parse(native.LastRequest.Text)!;
        Assert.Equal(HttpStatusCode.OK, compacted.StatusCode);
        Assert.Equal(["user", "assistant"], sent["input"]!.AsArray().Select(item => (string?)item!["role"]));
        Assert.Null(sent["previous_response_id"]);
    }

    [Fact]
    public async Task What_a_tool_gave_goes_to_the_call_that_is_kept()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"clock","arguments":"{}"}}]}}]}""");
        using var answer = await gateway.PostAsync(
            "/v1/responses", """{"model":"up/m","input":"Time?","tools":[{"type":"function","name":"clock","parameters":{"type":"object"}}]}""");
        var first = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        await AskAsync(
            gateway, upstream, "Noon.",
            $$"""{"model":"up/m","input":[{"type":"function_call_output","call_id":"call_1","output":"12:00"}],"previous_response_id":"{{Id(first)}}"}""");

        var messages = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.AsArray();
        Assert.Equal(["user", "assistant", "tool"], messages.Select(message => (string?)message!["role"]));
        Assert.Equal("call_1", (string?)messages[1]!["tool_calls"]![0]!["id"]);
        Assert.Equal(("call_1", "12:00"), ((string?)messages[2]!["tool_call_id"], (string?)messages[2]!["content"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reference_to_an_item_that_was_given_here_becomes_the_item(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var first = await AskAsync(gateway, upstream, "Hello Ada.", """{"model":"up/m","input":"I am Ada."}""", stream);
        var second = await AskAsync(
            gateway, upstream, "Ada.",
            $$"""{"model":"up/m","input":[{"role":"user","content":"I am Ada."},{{Reference(first)}},{"role":"user","content":"Who am I?"}]}""",
            stream);
        // The second answer's record contains the item, so that it is found although the first answer was deleted.
        await SendAsync(gateway, HttpMethod.Delete, $"/v1/responses/{Id(first)}");
        await AskAsync(gateway, upstream, "Bye.", $$"""{"model":"up/m","input":"Bye","previous_response_id":"{{Id(second)}}"}""");

        var messages = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.AsArray();
        Assert.Equal(
            ["user: I am Ada.", "assistant: Hello Ada.", "user: Who am I?", "assistant: Ada.", "user: Bye"],
            messages.Select(message => $"{message!["role"]}: {TextOf(message["content"]!)}"));
    }

    [Fact]
    public async Task References_to_reasoning_and_to_a_call_become_them()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(
            """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"reasoning_content":"A clock knows.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"clock","arguments":"{}"}}]}}]}""");
        var first = await ReadAsync(
            gateway, """{"model":"up/m","input":"Time?","tools":[{"type":"function","name":"clock","parameters":{"type":"object"}}]}""",
            stream: false);

        await AskAsync(
            gateway, upstream, "Noon.",
            $$"""{"model":"up/m","input":[{"role":"user","content":"Time?"},{{Reference(first)}},{{Reference(first, 1)}},{"type":"function_call_output","call_id":"call_1","output":"12:00"}]}""");

        var messages = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.AsArray();
        Assert.Equal("reasoning", (string?)first["output"]![0]!["type"]);
        Assert.Equal(["user", "assistant", "tool"], messages.Select(message => (string?)message!["role"]));
        Assert.Equal("call_1", (string?)messages[1]!["tool_calls"]![0]!["id"]);
    }

    [Fact]
    public async Task A_reference_to_an_item_of_another_tenant_or_of_an_answer_that_is_gone_is_refused_in_the_same_words()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Keys["mine"] = new() { Key = "sk-mine" };
            options.Keys["theirs"] = new() { Key = "sk-theirs" };
        });
        var kept = await AskAsync(gateway, upstream, "Hello.", """{"model":"up/m","input":"Secret"}""", key: "sk-mine");
        var body = $$"""{"model":"up/m","input":[{"role":"user","content":"Hi"},{{Reference(kept)}}]}""";

        var (status, stolen) = await ErrorAsync(gateway, body, "sk-theirs");
        await SendAsync(gateway, HttpMethod.Delete, $"/v1/responses/{Id(kept)}", "sk-mine");
        var (_, gone) = await ErrorAsync(gateway, body, "sk-mine");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(("previous_response_not_found", "input[1].id"), ((string?)stolen["code"], (string?)stolen["param"]));
        Assert.Equal(stolen.ToJsonString(), gone.ToJsonString());
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task What_stands_in_the_place_of_references_is_as_long_as_a_request_may_be()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.MaxBodyBytes = 4096);
        var kept = await AskAsync(gateway, upstream, new string('x', 1500), """{"model":"up/m","input":"Hi"}""");
        var references = string.Join(',', Enumerable.Repeat(Reference(kept), 3));

        var (status, error) = await ErrorAsync(gateway, $$"""{"model":"up/m","input":[{{references}}]}""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("input", (string?)error["param"]);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_reference_to_an_item_that_a_provider_gave_is_left_to_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["up"].Dialect = "openai-responses");
        upstream.ThenJson(Native("resp_own"));
        const string input = """[{"type":"item_reference","id":"msg_0123456789abcdef0123456789abcdef"},{"role":"user","content":"More"}]""";

        using var answer = await gateway.PostAsync("/v1/responses", $$"""{"model":"up/m","input":{{input}}}""");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(input, upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_read_listed_and_deleted_as_at_a_provider()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var first = await AskAsync(gateway, upstream, "Hello Ada.", """{"model":"up/m","input":"I am Ada."}""");
        var second = await AskAsync(
            gateway, upstream, "Ada.", $$"""{"model":"up/m","input":"Who am I?","previous_response_id":"{{Id(first)}}"}""", stream: true);

        var read = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(second)}");
        var items = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(second)}/input_items?order=asc");
        var newest = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(second)}/input_items?limit=1");
        var next = await SendAsync(
            gateway, HttpMethod.Get, $"/v1/responses/{Id(second)}/input_items?limit=1&after={(string?)newest.Body["last_id"]}");
        var deleted = await SendAsync(gateway, HttpMethod.Delete, $"/v1/responses/{Id(first)}");
        var gone = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(first)}");

        Assert.Equal(second.ToJsonString(), read.Body.ToJsonString());
        Assert.Equal(
            ["I am Ada.", "Hello Ada.", "Who am I?"], items.Body["data"]!.AsArray().Select(item => TextOf(item!["content"]!)));
        Assert.All(items.Body["data"]!.AsArray(), item => Assert.StartsWith("msg_", (string?)item!["id"], StringComparison.Ordinal));
        Assert.Equal(("Who am I?", true), (TextOf(newest.Body["data"]![0]!["content"]!), (bool)newest.Body["has_more"]!));
        Assert.Equal("Hello Ada.", TextOf(next.Body["data"]![0]!["content"]!));
        Assert.True((bool)deleted.Body["deleted"]!);
        Assert.Equal((HttpStatusCode.NotFound, "response_not_found"), (gone.Status, (string?)gone.Body["error"]!["code"]));
        // The answer that continued the deleted one has lost its beginning.
        Assert.Equal("previous_response_not_found", await RefusedAsync(gateway, Id(second)));
    }

    [Theory]
    [InlineData("/cancel", "POST")]
    [InlineData("?stream=true", "GET")]
    [InlineData("/input_items?limit=0", "GET")]
    [InlineData("/input_items?after=item_unknown", "GET")]
    public async Task What_cannot_be_done_with_it_is_refused_with_the_reason(string path, string method)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var kept = await AskAsync(gateway, upstream, "Hello.", """{"model":"up/m","input":"Hi"}""");

        var (status, _) = await SendAsync(gateway, new HttpMethod(method), $"/v1/responses/{Id(kept)}{path}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task Another_tenant_neither_reads_it_nor_goes_on_from_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Tenants["acme"] = new();
            options.Keys["mine"] = new() { Key = "sk-mine", Tenant = "acme" };
            options.Keys["ours"] = new() { Key = "sk-ours", Tenant = "acme" };
            options.Keys["theirs"] = new() { Key = "sk-theirs" };
        });
        var kept = await AskAsync(gateway, upstream, "Hello.", """{"model":"up/m","input":"Secret"}""", key: "sk-mine");

        var stolen = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(kept)}", "sk-theirs");
        var deleted = await SendAsync(gateway, HttpMethod.Delete, $"/v1/responses/{Id(kept)}", "sk-theirs");
        Assert.Equal("previous_response_not_found", await RefusedAsync(gateway, Id(kept), "sk-theirs"));
        var shared = await SendAsync(gateway, HttpMethod.Get, $"/v1/responses/{Id(kept)}", "sk-ours");

        Assert.Equal(
            (HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.OK), (stolen.Status, deleted.Status, shared.Status));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task Nothing_is_kept_where_the_request_or_the_configuration_says_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var keeping = await StartAsync(upstream);
        await using var usual = await StartAsync(upstream, options => options.Responses.Store = false);

        var unwanted = await AskAsync(keeping, upstream, "Hello.", """{"model":"up/m","input":"Hi","store":false}""");
        var off = await AskAsync(usual, upstream, "Hello.", """{"model":"up/m","input":"Hi"}""");

        Assert.All(new[] { unwanted, off }, answer => Assert.False((bool)answer["store"]!));
        Assert.All(new[] { unwanted, off }, answer => Assert.DoesNotContain("resp_sy", Id(answer), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_keeps_answers_itself_goes_on_doing_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["up"].Dialect = "openai-responses");
        upstream.ThenJson(Native("resp_own"));
        upstream.ThenJson(Native("resp_next"));

        using var first = await gateway.PostAsync("/v1/responses", """{"model":"up/m","input":"Hi"}""");
        using var second = await gateway.PostAsync("/v1/responses", """{"model":"up/m","input":"More","previous_response_id":"resp_own"}""");

        Assert.Contains("resp_own", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("resp_own", (string?)JsonNode.Parse(upstream.LastRequest.Text)!["previous_response_id"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_from_the_cache_can_be_gone_on_from(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Cache = new());
        var body = """{"model":"up/m","input":"I am Ada."}""";
        await AskAsync(gateway, upstream, "Hello Ada.", body, stream);
        var again = await ReadAsync(gateway, body, stream);

        await AskAsync(gateway, upstream, "Ada.", $$"""{"model":"up/m","input":"Who?","previous_response_id":"{{Id(again)}}"}""");

        Assert.Equal(2, upstream.Requests.Count);
        Assert.Contains("I am Ada.", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_there_for_the_time_that_is_configured_and_a_conversation_is_as_long_as_a_request_may_be()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Responses.Keep = TimeSpan.FromHours(1);
            options.Server.MaxBodyBytes = 4096;
        });
        var kept = await AskAsync(gateway, upstream, new string('x', 3000), """{"model":"up/m","input":"Hi"}""");

        using var tooLong = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"up/m","input":"{{new string('y', 2000)}}","previous_response_id":"{{Id(kept)}}"}""");
        var text = await tooLong.Content.ReadAsStringAsync();
        _time.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLong.StatusCode);
        Assert.Contains("server.max_body", text, StringComparison.Ordinal);
        Assert.Equal("previous_response_not_found", await RefusedAsync(gateway, Id(kept)));
    }

    [Fact]
    public async Task A_store_that_is_away_costs_no_answer_and_a_request_that_goes_on_says_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, store: new AwayStore());

        var answered = await AskAsync(gateway, upstream, "Hello.", """{"model":"up/m","input":"Hi"}""");
        using var next = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"up/m","input":"More","previous_response_id":"{{Id(answered)}}"}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, next.StatusCode);
        Assert.Contains("store_unavailable", await next.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(
            gateway.Log.GetSnapshot(),
            line => line.Message.Contains("could not be kept, so no request can continue from it", StringComparison.Ordinal));
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, IResponseStore? store = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "openai-chat" };
            options.Responses.Store = true;
            configure?.Invoke(options);
        },
        build =>
        {
            build.Services.AddSingleton<TimeProvider>(_time);
            if (store is not null)
                build.Services.AddSingleton(store);
        });

    private static async Task<JsonNode> AskAsync(
        GatewayHost gateway, FakeUpstream upstream, string answer, string body, bool stream = false, string dialect = "openai-chat",
        string? key = null)
    {
        if (dialect == "anthropic-messages")
            upstream.ThenJson(
                $$$"""{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{{answer}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""");
        else if (stream)
            upstream.ThenStream(
                $$$"""data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"{{{answer}}}"}}]}""" + "\n\n",
                """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n",
                "data: [DONE]\n\n");
        else
            upstream.ThenJson(
                $$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{{{answer}}}"}}]}""");
        return await ReadAsync(gateway, body, stream, key);
    }

    private static async Task<JsonNode> ReadAsync(GatewayHost gateway, string body, bool stream, string? key = null)
    {
        if (stream)
            body = body.Insert(1, "\"stream\":true,");
        using var response = await gateway.PostAsync("/v1/responses", body, key is null ? [] : [("Authorization", $"Bearer {key}")]);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return stream
            ? JsonNode.Parse(text.Split("data: ")[^1])!["response"]!
            : JsonNode.Parse(text)!;
    }

    private static async Task<string?> RefusedAsync(GatewayHost gateway, string id, string? key = null)
    {
        using var response = await gateway.PostAsync(
            "/v1/responses", $$"""{"model":"up/m","input":"More","previous_response_id":"{{id}}"}""",
            key is null ? [] : [("Authorization", $"Bearer {key}")]);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"];
    }

    private static async Task<(HttpStatusCode Status, JsonNode Error)> ErrorAsync(GatewayHost gateway, string body, string? key = null)
    {
        using var response = await gateway.PostAsync("/v1/responses", body, key is null ? [] : [("Authorization", $"Bearer {key}")]);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Add("Authorization", $"Bearer {key}");
        using var response = await gateway.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static string Native(string id) =>
        $$$"""{"id":"{{{id}}}","object":"response","status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}]}""";

    private static string Id(JsonNode response) => (string)response["id"]!;

    private static string Reference(JsonNode response, int item = 0) =>
        $$"""{"type":"item_reference","id":"{{response["output"]![item]!["id"]}}"}""";

    private static string TextOf(JsonNode content) =>
        content is JsonArray parts ? string.Concat(parts.Select(part => (string?)part!["text"])) : (string)content!;

    private sealed class AwayStore : IResponseStore
    {
        public Task<IReadOnlyList<KeptResponse>> ChainAsync(
            string id, DateTimeOffset since, int most, CancellationToken cancellationToken) =>
            throw new TimeoutException("away");

        public Task AddAsync(KeptResponse response, DateTimeOffset since, CancellationToken cancellationToken) =>
            throw new TimeoutException("away");

        public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw new TimeoutException("away");
    }
}

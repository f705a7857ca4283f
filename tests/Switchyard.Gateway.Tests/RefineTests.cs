using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>Schema refinement over HTTP, with the requests that providers see.</summary>
public sealed class RefineTests
{
    private const string User = "const User = z.object({ email: z.string(), age: z.number() });";

    private const string Edits =
        """{"edits":[{"field":"email","change":"format","value":"email","reason":"an address"},{"field":"age","change":"minimum","value":"50","reason":"wrong"}]}""";

    [Covers("S003-107")]
    [Fact]
    public async Task Openai_is_asked_in_json_mode_with_the_defaults_of_the_reference()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["openai"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-secret" });
        upstream.ThenJson(Some.ChatCompletion(JsonEncodedText.Encode(Edits).ToString()));

        using var response = await gateway.PostAsync("/schemas/refine", Request(samples: 12));
        var result = await JsonOf(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            "const User = z.object({ email: z.string().email(), age: z.number() });", (string?)result["refinedSchema"]!["code"]);
        var improvement = result["refinedSchema"]!["improvements"]![0]!;
        Assert.Equal(("email", "z.string()", "z.string().email()", "an address"), (
            (string?)improvement["field"], (string?)improvement["before"], (string?)improvement["after"], (string?)improvement["reason"]));
        Assert.Equal("openai", (string?)result["aiProvider"]);
        Assert.Equal(
            "Not applied to 'age': minimum 50: sample 1: it is less than 50. It was proposed because: wrong",
            (string?)result["suggestions"]![0]);
        Assert.Equal(
            ["refinedSchema", "suggestions", "creditsUsed", "creditsRemaining", "processingTime", "aiProvider"],
            result.AsObject().Select(member => member.Key));

        var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
        Assert.Equal("gpt-4-turbo-preview", (string?)sent["model"]);
        Assert.Equal(0.2, (double)sent["temperature"]!, 3);
        Assert.Equal(2000, (int)(sent["max_completion_tokens"] ?? sent["max_tokens"])!);
        Assert.Contains((string?)sent["response_format"]!["type"], (string[])["json_schema", "json_object"]);
        var shown = JsonNode.Parse((string)sent["messages"]!.AsArray()[^1]!["content"]!)!;
        Assert.Equal(10, shown["samples"]!.AsArray().Count);
    }

    [Covers("S003-107")]
    [Fact]
    public async Task An_error_of_openai_begins_with_its_name()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["openai"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-secret" });
        upstream.ThenJson("""{"error":{"message":"Bad things","type":"invalid_request_error"}}""", 400);

        using var response = await gateway.PostAsync("/schemas/refine", Request(options: """{"provider":"openai"}"""));
        var problem = await JsonOf(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("OpenAI API error: Bad things", (string?)problem["detail"]);
        Assert.DoesNotContain("sk-secret", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_allowed_may_read_why_it_is_refused()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Server.Cors.Origins.Add("https://app.example.com");
        });

        using var response = await gateway.PostAsync("/schemas/refine", "{", ("Origin", "https://app.example.com"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("https://app.example.com", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Where_the_provider_no_longer_has_the_model_its_own_default_is_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["openai"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-secret", DefaultModel = "gpt-of-tomorrow" });
        upstream.ThenJson("""{"error":{"message":"no such model","code":"model_not_found"}}""", 404)
            .ThenJson(Some.ChatCompletion(JsonEncodedText.Encode(Edits).ToString()));

        using var response = await gateway.PostAsync("/schemas/refine", Request());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ["gpt-4-turbo-preview", "gpt-of-tomorrow"],
            upstream.Requests.Select(request => (string?)JsonNode.Parse(request.Text)!["model"]));
    }

    [Covers("S003-108")]
    [Fact]
    public async Task Anthropic_is_asked_for_its_model_and_fences_around_its_json_are_taken_off()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["anthropic"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-ant-secret" });
        upstream.ThenJson(AnthropicAnswer($"```json\n{Edits}\n```")).ThenJson(
            """{"type":"error","error":{"type":"invalid_request_error","message":"Too much"}}""", 400);

        using var response = await gateway.PostAsync("/schemas/refine", Request());
        using var failed = await gateway.PostAsync("/schemas/refine", Request(options: """{"provider":"anthropic","temperature":0.3}"""));

        Assert.Equal(
            "const User = z.object({ email: z.string().email(), age: z.number() });",
            (string?)(await JsonOf(response))["refinedSchema"]!["code"]);
        var sent = JsonNode.Parse(upstream.Requests[0].Text)!;
        Assert.Equal(("claude-3-5-sonnet-20241022", 2000), ((string?)sent["model"], (int)sent["max_tokens"]!));
        Assert.Equal("Anthropic API error: Too much", (string?)(await JsonOf(failed))["detail"]);
    }

    [Covers("S003-108")]
    [Theory]
    [InlineData("anthropic", "Anthropic API key not configured. Set ANTHROPIC_API_KEY environment variable.")]
    [InlineData("openai", "OpenAI API key not configured. Set OPENAI_API_KEY environment variable.")]
    public async Task A_missing_key_is_reported_with_the_variable_that_would_hold_it(string provider, string said)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.PostAsync("/schemas/refine", Request(options: $$"""{"provider":"{{provider}}"}"""));
        var problem = await JsonOf(response);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal((said, "missing_credentials"), ((string?)problem["detail"], (string?)problem["code"]));
    }

    [Covers("S003-32")]
    [Theory]
    [InlineData("""{"provider":"nope"}""")]
    [InlineData("""{"provider":"nope","model":"m"}""")]
    public async Task A_provider_that_does_not_exist_is_refused_by_its_name(string options)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.PostAsync("/schemas/refine", Request(options: options));
        var problem = await JsonOf(response);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("options.provider", (string?)problem["param"]);
        Assert.StartsWith("Provider not found: nope. Available providers: ", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Covers("S003-96")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Progress_is_streamed_when_the_body_or_the_accept_header_asks_for_it(bool byHeader)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = byHeader
            ? await gateway.PostAsync("/schemas/refine", Request(), ("Accept", "text/event-stream"))
            : await gateway.PostAsync("/schemas/refine", Request(extra: ",\"stream\":true"));
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(text => JsonNode.Parse(text["data: ".Length..])!).ToList();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("Read a zod schema with 2 fields; 3 of 3 samples are valid.\n", (string?)events[0]["delta"]);
        Assert.All(events.SkipLast(1), each => Assert.False((bool)each["done"]!));
        Assert.True((bool)events[^1]["done"]!);
        Assert.Contains(".email()", (string?)events[^1]["metadata"]!["refinedSchema"]!["code"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_whose_model_fails_ends_in_one_error()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Bad things"}}""", 400);

        using var response = await gateway.PostAsync(
            "/schemas/refine", Request(options: """{"provider":"up","model":"some-model"}""", extra: ",\"stream\":true"));
        var last = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];

        var failed = JsonNode.Parse(last["data: ".Length..])!;
        Assert.Equal((true, "up API error: Bad things"), ((bool)failed["done"]!, (string?)failed["error"]!["detail"]));
    }

    [Fact]
    public async Task Keys_and_their_models_hold_as_for_any_call()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
            options.Keys["ci"] = new KeyOptions { Key = "key-of-ci", Models = ["other"] });

        using var none = await gateway.PostAsync("/schemas/refine", Request());
        using var notAllowed = await gateway.PostAsync("/schemas/refine", Request(), ("Authorization", "Bearer key-of-ci"));

        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, notAllowed.StatusCode);
        Assert.Equal("model_not_allowed", (string?)(await JsonOf(notAllowed))["code"]);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task An_open_choice_stays_within_the_models_of_the_key()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["one"] = new() { Type = "mock", Priority = 9 };
            options.Providers["two"] = new() { Type = "mock", Priority = 8 };
            options.Keys["ci"] = new KeyOptions { Key = "key-of-ci", Models = ["a*", "two/*"] };
        });

        using var response = await gateway.PostAsync("/schemas/refine", Request(), ("Authorization", "Bearer key-of-ci"));

        Assert.Equal("two", (string?)(await JsonOf(response))["aiProvider"]);
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "'schema' is missing")]
    [InlineData("""{"schema":{"code":"z.object({})"},"sample":[]}""", "'sample' is not known here")]
    [InlineData("""{"schema":{"code":"z.object({})"},"samples":{}}""", "'samples' must be a list")]
    [InlineData("""{"schema":{"code":7}}""", "'schema.code' must be text")]
    [InlineData("""{"schema":{"code":"z.object({ a: z.string( })"}}""", "line 1, column 25")]
    [InlineData("""{"schema":{"code":{"$ref":"#"}},"samples":[]}""", "points back to itself")]
    [InlineData("""{"schema":{"code":"z.object({})"},"options":{"temperature":3}}""", "from 0 to 2")]
    public async Task What_is_wrong_with_a_request_is_said(string body, string said)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.PostAsync("/schemas/refine", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(said, (string?)(await JsonOf(response))["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samples_of_a_megabyte_are_taken_and_a_larger_body_than_the_limit_is_not()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var note = new string('x', 1024 * 1024);
        var large = Request(extra: $",\"counterExamples\":[\"{note}\"]");
        var tooLarge = Request(extra: $",\"counterExamples\":[{string.Join(',', Enumerable.Repeat($"\"{note}\"", 5))}]");

        using var taken = await gateway.PostAsync("/schemas/refine", large);
        using var refused = await gateway.PostAsync("/schemas/refine", tooLarge);

        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("refinement.max_body", (string?)(await JsonOf(refused))["detail"], StringComparison.Ordinal);
    }

    private static string Request(int samples = 3, string options = "{}", string extra = "")
    {
        var values = string.Join(',', Enumerable.Range(1, samples).Select(i => $$"""{"email":"user{{i}}@example.com","age":{{i}}}"""));
        var schema = JsonSerializer.Serialize(new { code = User, typeName = "User", fields = new[] { "email", "age" } });
        return $"{{\"schema\":{schema},\"samples\":[{values}],\"options\":{options}{extra}}}";
    }

    private static string AnthropicAnswer(string text) => JsonSerializer.Serialize(new
    {
        id = "msg_1",
        type = "message",
        role = "assistant",
        model = "claude",
        content = new[] { new { type = "text", text } },
        stop_reason = "end_turn",
        usage = new { input_tokens = 9, output_tokens = 9 },
    });

    private static async Task<JsonNode> JsonOf(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
}

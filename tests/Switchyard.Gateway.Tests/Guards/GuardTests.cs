using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Guards;

/// <summary>Guards in front of providers, for clients of every format.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_request_that_no_guard_changes_goes_on_as_the_bytes_it_came_in()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Guards["pii"] = new() { Type = "mask", On = ["request"] });
        var request = Some.ChatRequest(extra: ",\"own_field\":  {\"kept\" : true}");

        using var answer = await gateway.ChatAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(request.Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.False(answer.Headers.Contains("x-switchyard-guard"));
    }

    [Fact]
    public async Task A_request_that_is_masked_is_written_anew_and_the_header_says_what_was_found()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion("Hello [EMAIL_1]!"));
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Guards["pii"] = new() { Type = "mask", Restore = true });

        using var answer = await gateway.ChatAsync(Some.ChatRequest(text: "I am ada@example.com", extra: ",\"seed\":7"));

        var sent = JsonNode.Parse(upstream.LastRequest.Text)!;
        Assert.Equal("I am [EMAIL_1]", (string?)sent["messages"]![0]!["content"]);
        Assert.Equal(7, (int)sent["seed"]!);
        Assert.Equal("pii=masked(email)", answer.Headers.GetValues("x-switchyard-guard").Single());
        Assert.Contains("Hello ada@example.com!", await TextAsync(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai-responses", "/v1/responses", """{"model":"up/m","input":"I am ada@example.com","metadata":{"a":"b"}}""")]
    [InlineData("openai-responses", "/v1/responses", """{"model":"up/m","input":"I am ada@example.com","instructions":"be kind","store":false}""")]
    [InlineData(
        "anthropic-messages", "/v1/messages",
        """{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"I am ada@example.com"}],"metadata":{"user_id":"u"}}""")]
    [InlineData(
        "openai-chat", "/v1/chat/completions",
        """{"model":"up/m","messages":[{"role":"user","content":"I am ada@example.com"}],"temperature":1.5}""")]
    public async Task A_masked_request_has_the_members_that_its_client_wrote(string dialect, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect, Models = ["m"] };
            options.Guards["pii"] = new() { Type = "mask", On = ["request"] };
        });

        using var answer = await PostAsync(gateway, path, body);

        var sent = JsonNode.Parse(upstream.LastRequest.Text)!.AsObject();
        Assert.Contains("[EMAIL_1]", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal(
            JsonNode.Parse(body)!.AsObject().Select(member => member.Key).Order(), sent.Select(member => member.Key).Order());
        Assert.False(answer.Headers.Contains("x-switchyard-dropped"));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"up/m","messages":[{"role":"user","content":"on project x"}]}""", "error", "code")]
    [InlineData("/v1/responses", """{"model":"up/m","input":"on project x"}""", "error", "code")]
    [InlineData("/v1/responses/compact", """{"model":"up/m","input":"on project x"}""", "error", "code")]
    [InlineData("/v1/messages", """{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"on project x"}]}""", "error", "")]
    [InlineData("/v1beta/models/up%2Fm:generateContent", """{"contents":[{"parts":[{"text":"on project x"}]}]}""", "error", "")]
    public async Task A_blocked_request_is_an_error_of_the_clients_format(string path, string body, string error, string code)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"], Status = 400 });

        using var answer = await PostAsync(gateway, path, body);

        var told = JsonNode.Parse(await TextAsync(answer))![error]!;
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Guard 'deny' refused this request (found: word).", (string?)told["message"]);
        if (code.Length > 0)
            Assert.Equal("guard_blocked", (string?)told[code]);
        Assert.Equal("deny=blocked(word)", answer.Headers.GetValues("x-switchyard-guard").Single());
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"up/m","stream":true,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("/v1/messages", """{"model":"up/m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("/v1beta/models/up%2Fm:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"Hello"}]}]}""")]
    public async Task A_blocked_stream_ends_in_one_error_and_nothing_of_the_match_is_in_it(string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant","content":"It is "}"""), Some.Chunk("""{"content":"pro"}"""),
            Some.Chunk("""{"content":"ject x"}"""), Some.Chunk("{}", "\"stop\""), Some.Done);
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"] });

        using var answer = await PostAsync(gateway, path, body);

        var text = await TextAsync(answer);
        Assert.Contains("It is ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"pro", text, StringComparison.Ordinal);
        Assert.Single(text.Split('\n'), line => line.Contains("refused this answer (found", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tools_arguments_are_masked_while_they_stream()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStream(
            Some.Chunk(
                """{"role":"assistant","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"mail","arguments":""}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"to\":\"ada@exam"}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"ple.com\"}"}}]}"""),
            Some.Chunk("{}", "\"tool_calls\""),
            Some.Done);
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Guards["pii"] = new() { Type = "mask" });

        using var answer = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        var arguments = string.Concat((await TextAsync(answer)).Split('\n')
            .Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(line => (string?)JsonNode.Parse(line[6..])!["choices"]?.AsArray().FirstOrDefault()
                ?["delta"]?["tool_calls"]?[0]?["function"]?["arguments"]));
        Assert.Equal("""{"to":"[EMAIL_1]"}""", arguments);
    }

    [Theory]
    [InlineData("""{"verdict":"pass"}""", HttpStatusCode.OK, null)]
    [InlineData("""{"verdict":"block","matches":[{"kind":"Weapons & co"}]}""", HttpStatusCode.Forbidden, "outside=blocked(weapons___co)")]
    [InlineData(
        """{"verdict":"mask","matches":[{"kind":"name","text":0,"start":0,"length":5}]}""", HttpStatusCode.OK, "outside=masked(name)")]
    [InlineData("""{"verdict":"perhaps"}""", HttpStatusCode.ServiceUnavailable, "outside=failed")]
    [InlineData("what?", HttpStatusCode.ServiceUnavailable, "outside=failed")]
    public async Task A_service_is_asked_and_obeyed(string verdict, HttpStatusCode status, string? header)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson(verdict);
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Guards["outside"] = new()
        {
            Type = "check", Url = service.BaseUrl + "/check", Key = "the-service-key", On = ["request"],
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(header, answer.Headers.TryGetValues("x-switchyard-guard", out var found) ? found.Single() : null);
        var question = JsonNode.Parse(service.LastRequest.Text)!;
        Assert.Equal(("outside", "request", "Hello"), (
            (string?)question["guard"], (string?)question["side"], (string?)question["texts"]![0]));
        Assert.Equal("Bearer the-service-key", service.LastRequest.Headers["Authorization"]);
        if (header?.Contains("masked", StringComparison.Ordinal) is true)
            Assert.Contains("[NAME_1]", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("open", HttpStatusCode.OK)]
    [InlineData("closed", HttpStatusCode.ServiceUnavailable)]
    public async Task A_service_that_is_silent_lets_pass_or_refuses_as_configured(string policy, HttpStatusCode status)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var service = await FakeUpstream.StartAsync();
        service.ThenHang();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Guards["outside"] = new()
        {
            Type = "check", Url = service.BaseUrl, OnFailure = policy, On = ["request"], Timeout = TimeSpan.FromMilliseconds(50),
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(status, answer.StatusCode);
        if (policy == "closed")
            Assert.Equal("guard_failed", (string?)JsonNode.Parse(await TextAsync(answer))!["error"]!["code"]);
    }

    [Fact]
    public async Task The_network_policy_is_asked_for_the_service_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Egress = new EgressOptions { Allow = [new Uri(upstream.BaseUrl).Authority] };
            options.Guards["outside"] = new() { Type = "check", Url = "http://127.0.0.1:9/check", On = ["request"] };
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_stream_is_held_until_the_service_has_seen_all_of_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStream(Some.ChatStream());
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"block","matches":[{"kind":"greeting"}]}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Guards["outside"] = new()
        {
            Type = "check", Url = service.BaseUrl, On = ["answer"],
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        var text = await TextAsync(answer);
        Assert.DoesNotContain("there", text, StringComparison.Ordinal);
        Assert.Contains("found: greeting", text, StringComparison.Ordinal);
        Assert.Equal("Hi there", (string?)JsonNode.Parse(service.LastRequest.Text)!["texts"]![0]);
    }

    [Fact]
    public async Task A_plugins_guard_guards()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Plugins.Directory = _folder.FullPath);
        await gateway.Engine.Plugins.LoadAsync(
            _folder.Plugin("mine", "1", ["guard:shouting"], [("guard", "shouting")]), TestContext.Current.CancellationToken);

        using var loud = await gateway.ChatAsync(Some.ChatRequest(text: "HELLO"));
        using var quiet = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (loud.StatusCode, quiet.StatusCode));
        Assert.Equal("shouting=blocked(capitals)", loud.Headers.GetValues("x-switchyard-guard").Single());
    }

    [Fact]
    public async Task What_a_plugins_guard_could_not_look_at_is_not_given_again()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Cache = new();
            options.Plugins.Directory = _folder.FullPath;
            options.Plugins.Use["mine"] = new() { OnFailure = "open" };
        });
        await gateway.Engine.Plugins.LoadAsync(
            _folder.Plugin("mine", "1", ["guard:shouting"], [("guard", "shouting")]), TestContext.Current.CancellationToken);

        foreach (var text in (string[])["seen", "seen", "fail", "fail"])
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest(text: text));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(3, upstream.Requests.Count);
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, string body) => gateway.Http.PostAsync(
        new Uri(path, UriKind.Relative),
        new StringContent(body, Encoding.UTF8, "application/json"),
        TestContext.Current.CancellationToken);

    private static Task<string> TextAsync(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

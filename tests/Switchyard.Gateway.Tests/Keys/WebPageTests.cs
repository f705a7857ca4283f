using System.Net;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>Requests that a page in the owner's browser may send to a gateway on loopback.</summary>
public sealed class WebPageTests
{
    private static readonly string[] s_posts =
        ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1beta/models/mock-model-v1:generateContent", "/chat"];

    [Fact]
    [Covers("W1")]
    public async Task Without_keys_a_foreign_host_is_refused_on_every_path()
    {
        await using var gateway = await GatewayHost.StartAsync();

        foreach (var path in s_posts)
            await AssertRefusedAsync(await gateway.PostAsync(path, Some.ChatRequest("mock-model-v1"), ("Host", "evil.example")));
        foreach (var path in new[] { "/v1/models", "/v1/capabilities", "/v1beta/models" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "evil.example:8080" } };
            await AssertRefusedAsync(await gateway.Http.SendAsync(request));
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost.evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [Covers("W1")]
    public async Task Without_keys_a_post_of_a_foreign_page_is_refused(string header, string value)
    {
        await using var gateway = await GatewayHost.StartAsync();

        foreach (var path in s_posts)
            await AssertRefusedAsync(await gateway.PostAsync(path, Some.ChatRequest("mock-model-v1"), (header, value)));
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [Covers("W1")]
    public async Task Without_keys_a_foreign_page_has_no_provider_asked_which_costs_money(string header, string value)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        await AssertRefusedAsync(await GetAsync("?test=true&level=round-trip"));
        using var shown = await GetAsync("");

        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Empty(upstream.Requests);

        async Task<HttpResponseMessage> GetAsync(string query)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/health/providers" + query);
            request.Headers.Add(header, value);
            return await gateway.Http.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("Host", "localhost:9000")]
    [InlineData("Host", "[::1]:9000")]
    [InlineData("Host", "127.0.0.5")]
    [InlineData("Host", "localhost.:9000")]
    [InlineData("Host", "Gateway.LAN.")]
    [InlineData("Origin", "http://localhost.:3000")]
    [InlineData("Host", "gateway.lan")]
    [InlineData("Origin", "http://localhost:3000")]
    [InlineData("Origin", "vscode-webview://0q3")]
    [InlineData("Origin", "https://app.example.com")]
    [Covers("W1")]
    public async Task This_machine_and_what_is_configured_are_served(string header, string value)
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Server.AllowedHosts.Add("gateway.lan");
            options.Server.Cors.Origins.Add("https://app.example.com");
        });

        var response = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"), (header, value));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("bücher.lan", "xn--bcher-kva.lan:9000")]
    [InlineData("[fd00::1]", "[fd00::1]:9000")]
    [InlineData("fd00:0::1", "[fd00::1]")]
    [InlineData("fd00::1", "[FD00:0::1]")]
    [Covers("W1")]
    public async Task A_host_is_allowed_in_the_form_in_which_clients_send_it(string configured, string sent)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.AllowedHosts.Add(configured));

        var response = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"), ("Host", sent));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await AssertRefusedAsync(await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"), ("Host", "[fd00::2]:9000")));
    }

    [Fact]
    [Covers("W1")]
    public async Task With_keys_the_key_decides_and_not_the_page()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"));

        var response = await gateway.ChatAsync(
            Some.ChatRequest("mock/mock-model-v1"),
            ("Authorization", "Bearer secret"),
            ("Origin", "https://app.example.com"),
            ("Host", "gw.example"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    [Covers("W8")]
    public async Task A_page_that_is_allowed_is_answered_its_preflight_and_may_read_answers_and_errors()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Server.Keys.Add("secret");
            options.Server.Cors.Origins.Add("https://app.example.com/");
        });
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions");
        preflight.Headers.Add("Origin", "https://app.example.com");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os");

        var allowed = await gateway.Http.SendAsync(preflight);
        var answer = await gateway.ChatAsync(
            Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer secret"), ("Origin", "https://app.example.com"));
        var error = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Origin", "https://app.example.com"));

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("https://app.example.com", Header(allowed, "Access-Control-Allow-Origin"));
        Assert.Contains("x-stainless-os", Header(allowed, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
        Assert.Contains("POST", Header(allowed, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("https://app.example.com", Header(answer, "Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.Unauthorized, error.StatusCode);
        Assert.Equal("https://app.example.com", Header(error, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://app.example.com:443", "https://app.example.com")]
    [InlineData("https://bücher.example/", "https://xn--bcher-kva.example")]
    [InlineData("http://app.example.com:8080", "http://app.example.com:8080")]
    [Covers("W8")]
    public async Task An_origin_is_allowed_in_the_form_in_which_browsers_send_it(string configured, string sent)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Cors.Origins.Add(configured));

        var response = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Origin", sent));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, Header(response, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("GET", "/v1/responses/resp_of_nobody")]
    [Covers("W8")]
    public async Task A_page_that_is_allowed_may_read_that_its_answer_could_not_be_written(string method, string path)
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Server.Cors.Origins.Add("https://app.example.com");
            },
            use: UnwritableOnce.Use);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", "https://app.example.com");
        if (method == "POST")
            request.Content = new StringContent(Some.ChatRequest("mock-model-v1"), null, "application/json");

        using var response = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("https://app.example.com", Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("Origin", Header(response, "Vary"));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.False(response.Headers.Contains("x-switchyard-attempts"));
        Assert.Equal(method == "GET", response.Headers.CacheControl?.NoStore is true);
    }

    [Fact]
    [Covers("W8")]
    public async Task A_page_that_is_not_allowed_gets_no_leave()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Cors.Origins.Add("https://app.example.com"));
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/chat/completions");
        preflight.Headers.Add("Origin", "https://evil.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");

        var response = await gateway.Http.SendAsync(preflight);

        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.True(response.Headers.Contains("x-request-id"));
        Assert.Contains("server.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(",", response.Headers.GetValues(name));
}

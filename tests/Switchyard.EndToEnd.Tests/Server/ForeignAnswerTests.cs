using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Another server at the gateway's address, a proxy that cannot reach the gateway, and names that clients chose.</summary>
public sealed class ForeignAnswerTests
{
    private static readonly Dictionary<string, string> s_key = new() { ["SWITCHYARD_ADMIN_KEY"] = "an-admin-key-of-some-length" };

    [Theory]
    [InlineData(200, "{}", "did not answer like a Switchyard admin API")]
    [InlineData(200, "[]", "did not answer like a Switchyard admin API")]
    [InlineData(200, "\"ok\"", "did not answer like a Switchyard admin API")]
    [InlineData(200, "<html>Welcome</html>", "did not answer like a Switchyard admin API")]
    [InlineData(200, """{"data":null}""", "did not answer like a Switchyard admin API")]
    [InlineData(200, """{"data":{"a":1}}""", "did not answer like a Switchyard admin API")]
    [InlineData(200, """{"data":[1,null]}""", "did not answer like a Switchyard admin API")]
    [InlineData(200, """{"data":[],"data":[]}""", "did not answer like a Switchyard admin API")]
    [InlineData(502, "<html>Bad Gateway</html>", "answered 502, but not like a Switchyard admin API. Check the address.")]
    [InlineData(422, """{"detail":[{"msg":"no"}]}""", "answered 422, but not like a Switchyard admin API. Check the address.")]
    [InlineData(401, """{"detail":"The key is wrong."}""", "The key is wrong.")]
    public async Task A_list_that_is_none_is_said_in_one_sentence(int status, string body, string expected)
    {
        using var says = new Says(status, body);
        using var http = new HttpMessageInvoker(says);
        using var client = new AdminClient(http, new Uri("http://127.0.0.1:8080"), "a-key");

        var failure = await Assert.ThrowsAsync<ServeException>(
            () => client.ListAsync("/admin/limits", 5, TestContext.Current.CancellationToken));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_page_is_no_export_of_the_configuration()
    {
        using var says = new Says(200, "<html>Welcome</html>", "text/html");
        using var http = new HttpMessageInvoker(says);
        using var client = new AdminClient(http, new Uri("http://127.0.0.1:8080"), "a-key");

        await Assert.ThrowsAsync<ServeException>(
            () => client.ReadTextAsync("/admin/config/export", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("status", "--json")]
    [InlineData("status")]
    [InlineData("cache", "--json")]
    [InlineData("audit", "verify", "--json")]
    [InlineData("calls", "show", "an-id")]
    [InlineData("config", "get")]
    [InlineData("config", "set", "routing.strategy=cost")]
    [InlineData("config", "canary")]
    public async Task JSON_of_another_server_is_not_taken_for_the_gateways(params string[] arguments)
    {
        await using var other = new RawUpstream((_, _) => RawUpstream.Answer("""{"status":"ok"}"""));

        await using var program = await Executable.StartAsync(null, s_key, [.. arguments, "--url", other.BaseUrl]);

        Assert.Equal(1, await program.EndAsync());
        Assert.Equal("", program.Printed);
        Assert.Matches("^switchyard: The answer has no '[a-z_]+', so it is not that of a Switchyard admin API.", program.Errors);
    }

    [Fact]
    public async Task Keys_of_a_gateway_are_listed_as_JSON()
    {
        await using var gateway = new RawUpstream((_, _) => RawUpstream.Answer(
            """{"data":[{"name":"ci","status":"active"},{"name":"web","status":"active"}],"next":null}"""));

        await using var program = await Executable.StartAsync(null, s_key, "keys", "list", "--json", "--url", gateway.BaseUrl);

        Assert.True(await program.EndAsync() == 0, program.Said);
        using var listed = JsonDocument.Parse(program.Printed);
        Assert.Equal(["ci", "web"], listed.RootElement.EnumerateArray().Select(key => key.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_name_that_a_client_chose_moves_no_cursor_and_starts_no_line()
    {
        await using var running = new RawUpstream((_, _) => RawUpstream.Answer(
            """{"data":[{"id":"one","model":"mock/\u001b[2Ja\nb","phase":"answering"}],"next":null}"""));
        await using var ended = new RawUpstream((_, _) => RawUpstream.Answer(
            """{"id":"one","record":{"outcome":"failed","model":"mock/\u001b[2Ja\nb","attempts":[]},"lines":[]}"""));

        await using var list = await Executable.StartAsync(null, s_key, "calls", "--url", running.BaseUrl);
        await using var call = await Executable.StartAsync(null, s_key, "calls", "show", "one", "--url", ended.BaseUrl);

        Assert.True(await list.EndAsync() == 0, list.Said);
        Assert.True(await call.EndAsync() == 0, call.Said);
        foreach (var printed in new[] { list.Printed, call.Printed })
        {
            Assert.DoesNotContain("\e", printed, StringComparison.Ordinal);
            Assert.Contains(@"mock/\u001b[2Ja\nb", printed, StringComparison.Ordinal);
        }
    }

    private sealed class Says(int status, string body, string type = "application/json") : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)
            {
                Content = new StringContent(body, Encoding.UTF8, type),
            });
    }
}

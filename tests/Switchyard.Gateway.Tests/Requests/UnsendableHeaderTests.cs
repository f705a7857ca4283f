using System.Net;
using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>
/// A value for a forwarded header that is not valid in a header is the client's mistake: as a failure of the
/// provider it would be retried, and open the circuit for all clients.
/// </summary>
public sealed class UnsendableHeaderTests
{
    [Fact]
    public async Task A_beta_flag_that_is_not_ASCII_is_refused_and_sent_nowhere()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        const string body = """{"model":"up/some-model","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("anthropic-beta", "caf\u00e9-1");

        await RefusedAsync(upstream, gateway, request, "anthropic-beta");
    }

    /// <summary>The client's name is only read here and not sent; an invalid version is replaced by the known one.</summary>
    [Theory]
    [InlineData("/v1/responses", "originator", """{"model":"up/some-model","input":"hi"}""")]
    [InlineData(
        "/v1/messages", "anthropic-version",
        """{"model":"up/some-model","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""")]
    public async Task A_header_that_goes_nowhere_may_hold_anything(string path, string header, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation(header, "caf\u00e9");
        using var http = ClientOf(gateway);

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(upstream.Requests);
    }

    [Theory]
    [InlineData("/v1/audio/transcriptions")]
    [InlineData("/v1/files")]
    public async Task A_forms_content_type_that_is_not_ASCII_is_refused_and_sent_nowhere(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var form = new MultipartForm().Field("model", "up/some-model").Field("purpose", "batch").File("file", [1, 2, 3]);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(form.ToBytes()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", $"{MultipartForm.ContentType}; x=\"caf\u00e9\"");

        await RefusedAsync(upstream, gateway, request, "Content-Type");
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) =>
        GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "anthropic-messages");

    private static HttpClient ClientOf(GatewayHost gateway) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    })
    {
        BaseAddress = gateway.Address,
    };

    private static async Task RefusedAsync(FakeUpstream upstream, GatewayHost gateway, HttpRequestMessage request, string header)
    {
        using var http = ClientOf(gateway);

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains($"The header {header} holds", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }
}

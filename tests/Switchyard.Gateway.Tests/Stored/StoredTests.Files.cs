using System.Net;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>Files and their content.</summary>
public sealed partial class StoredTests
{
    [Fact]
    public async Task A_file_is_passed_on_as_it_came_read_and_deleted()
    {
        await using var gateway = await StartAsync();
        var form = await UploadAsync(gateway, "key-of-acme");
        var upload = _upstream.LastRequest;
        _upstream.ThenBytes([1, 2, 3], "application/octet-stream");
        using var content = await SendAsync(gateway, "GET", "/v1/files/file-1/content", "key-of-acme");
        _upstream.ThenJson("""{"id":"file-1","object":"file","deleted":true}""");
        using var deleted = await SendAsync(gateway, "DELETE", "/v1/files/file-1", "key-of-acme");
        using var gone = await SendAsync(gateway, "GET", "/v1/files/file-1", "key-of-acme");

        Assert.Equal(("POST", "/v1/files"), (upload.Method, upload.Path));
        Assert.Equal(form, upload.Body);
        Assert.Equal(MultipartForm.ContentType, upload.Headers["Content-Type"]);
        Assert.Equal("Bearer key-of-one", upload.Headers["Authorization"]);
        Assert.Equal([1, 2, 3], await content.Content.ReadAsByteArrayAsync());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (deleted.StatusCode, gone.StatusCode));
    }

    [Theory]
    [InlineData("text/html", "text/plain")]
    [InlineData("Text/HTML; charset=utf-8", "text/plain; charset=utf-8")]
    public async Task A_file_that_is_a_web_page_is_given_as_text(string type, string expected)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenBytes("<p>Hi</p>"u8.ToArray(), type);
        using var content = await SendAsync(gateway, "GET", "/v1/files/file-1/content", "key-of-acme");
        _upstream.ThenBytes("<p>Sign in</p>"u8.ToArray(), type);
        using var described = await SendAsync(gateway, "GET", "/v1/files/file-1", "key-of-acme");

        Assert.Equal((HttpStatusCode.OK, "<p>Hi</p>"), (content.StatusCode, await content.Content.ReadAsStringAsync()));
        Assert.Equal(expected, content.Content.Headers.ContentType!.ToString());
        Assert.Equal(HttpStatusCode.BadGateway, described.StatusCode);
    }

    /// <summary>Opened by its address in a browser, it would have the rights of the gateway's own pages.</summary>
    [Theory]
    [InlineData("image/svg+xml")]
    [InlineData("application/xhtml+xml")]
    [InlineData("text/xml")]
    [InlineData("text/html")]
    [InlineData("application/json+xml")]
    [InlineData("application/json; a=b, text/html")]
    [InlineData("")]
    public async Task A_browser_runs_nothing_in_a_file(string type)
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.ThenBytes("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"u8.ToArray(), type);
        using var content = await SendAsync(gateway, "GET", "/v1/files/file-1/content", "key-of-acme");

        Assert.Equal(HttpStatusCode.OK, content.StatusCode);
        Assert.Equal("sandbox", content.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", content.Headers.GetValues("X-Content-Type-Options").Single());
    }

    /// <summary>Both APIs have their files under the same path.</summary>
    [Theory]
    [InlineData("POST", "/v1/files?beta=true")]
    [InlineData("GET", "/v1/files?beta=true")]
    [InlineData("GET", "/v1/files/file-1/content?beta=true")]
    [InlineData("DELETE", "/v1/files/file-1")]
    public async Task A_file_of_an_Anthropic_client_goes_to_no_provider_of_another_format(string method, string path)
    {
        await using var gateway = await StartAsync();

        using var answer = await SendAsync(
            gateway, method, path, "key-of-acme", ("anthropic-version", "2023-06-01"), ("x-switchyard-provider", "one"));
        using var stranger = await SendAsync(gateway, method, path, "no-key", ("anthropic-version", "2023-06-01"));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Unauthorized), (answer.StatusCode, stranger.StatusCode));
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(("error", "not_found_error"), (body.GetProperty("type").GetString(), Type(body)));
        Assert.Empty(_upstream.Requests);

        static string? Type(JsonElement body) => body.GetProperty("error").GetProperty("type").GetString();
    }

    [Fact]
    public async Task HEAD_of_a_files_content_does_not_read_it()
    {
        await using var gateway = await StartAsync();
        await UploadAsync(gateway, "key-of-acme");
        _upstream.Then(async http =>
        {
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = 5_000_000_000;
            await http.Response.Body.FlushAsync();
            await _upstream.HangAsync(http);
        });

        using var answer = await SendAsync(gateway, "HEAD", "/v1/files/file-1/content", "key-of-acme");

        Assert.Equal((HttpStatusCode.OK, 5_000_000_000), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
    }
}

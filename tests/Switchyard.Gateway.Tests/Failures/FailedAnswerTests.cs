using System.Net;
using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>An OpenAI answer with an error inside a choice, as every client sees it, forwarded and translated.</summary>
public sealed class FailedAnswerTests
{
    private const string Choice = """{"index":0,"message":{"role":"assistant","content":"H"},"error":{"code":502,"message":"Overloaded"}}""";

    public static TheoryData<string> Clients => [.. ClientFormat.Names];

    [Covers("X4")]
    [Theory, MemberData(nameof(Clients))]
    public async Task A_whole_answer_whose_choice_failed_is_an_error(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson($$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{Choice}}]}""");

        var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        Assert.True(response.StatusCode >= HttpStatusCode.InternalServerError, $"{response.StatusCode}");
        Assert.Contains(
            "Overloaded", ClientFormat.Of(client).ReadError(await response.Content.ReadAsStringAsync(), (int)response.StatusCode),
            StringComparison.Ordinal);
    }

    [Covers("X4")]
    [Theory, MemberData(nameof(Clients))]
    public async Task A_stream_whose_choice_failed_ends_in_one_error_event(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant","content":""}"""), Some.Chunk("""{"content":"Hi"}"""), Some.Chunk("{}", "\"error\""),
            Some.Done);

        var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var stream = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("Hi", ClientFormat.Of(client).ReadStream(stream, endsWithError: true, out var problems));
        Assert.Empty(problems);
    }

    /// <summary>Errors of "compatible" servers that no client library recognises as errors.</summary>
    public static TheoryData<string, string> Unmarked
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var client in ClientFormat.Names)
            {
                pairs.Add(
                    client, """data: {"object":"error","message":"It broke.","type":"ServerError","param":null,"code":500}""" + "\n\n");
                pairs.Add(client, """data: { "object" : "error", "message" : "It broke." }""" + "\n\n");
                pairs.Add(client, """error: {"code":500,"message":"It broke.","type":"server_error"}""" + "\n\n");
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(Unmarked))]
    public async Task A_stream_with_an_error_that_is_marked_otherwise_ends_in_one_error_event(string client, string error)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant","content":""}"""), Some.Chunk("""{"content":"Hi"}"""), error, Some.Done);

        var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var stream = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("Hi", ClientFormat.Of(client).ReadStream(stream, endsWithError: true, out var problems));
        Assert.Empty(problems);
        Assert.Contains("It broke.", Encoding.UTF8.GetString(stream), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Unmarked))]
    public async Task A_stream_that_begins_with_an_error_that_is_marked_otherwise_is_an_error(string client, string error)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(error, Some.Done);

        var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains(
            "It broke.", ClientFormat.Of(client).ReadError(await response.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task A_whole_answer_that_is_called_an_error_is_one(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"object":"error","message":"It broke.","type":"invalid_request_error","param":null,"code":"1500"}""");

        var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("It broke.", ClientFormat.Of(client).ReadError(await response.Content.ReadAsStringAsync(), 400));
    }

    /// <summary>Some servers of Anthropic's format write errors like this: without a type and without the event's name.</summary>
    [Theory, MemberData(nameof(Clients))]
    public async Task An_error_of_Anthropics_format_without_its_type_is_an_error(string client)
    {
        const string Error = """{"error":{"type":"overloaded_error","message":"It broke."}}""";
        var (format, reader) = (ProviderFormat.Of("anthropic-messages"), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format.Dialect);
        upstream.ThenJson(Error);
        using (var whole = await reader.AskAsync(gateway, stream: false))
            Assert.Contains("It broke.", reader.ReadError(await whole.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);

        upstream.ThenStream($"data: {Error}\n\n");
        using (var beginning = await reader.AskAsync(gateway, stream: true))
            Assert.Contains("It broke.", reader.ReadError(await beginning.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);

        upstream.ThenStream(Encoding.UTF8.GetString(format.Beginning), $"data: {Error}\n\n");
        using var behind = await reader.AskAsync(gateway, stream: true);
        var text = await behind.Content.ReadAsStringAsync();
        Assert.Contains("It broke.", text, StringComparison.Ordinal);
        if (client == format.Dialect)
            Assert.Equal(Encoding.UTF8.GetString(format.Beginning), text[..text.IndexOf("event: error\n", StringComparison.Ordinal)]);
    }

    /// <summary>Some servers write the error's type where this format has the event's type.</summary>
    [Theory, MemberData(nameof(Clients))]
    public async Task An_answer_of_Responses_that_is_called_an_error_is_one(string client)
    {
        const string Error = """{"object":"error","message":"It broke.","type":"InternalServerError","param":null,"code":500}""";
        var (format, reader) = (ProviderFormat.Of("openai-responses"), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format.Dialect);
        upstream.ThenJson(Error);
        using (var whole = await reader.AskAsync(gateway, stream: false))
            Assert.Contains("It broke.", reader.ReadError(await whole.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);

        upstream.ThenStream($"data: {Error}\n\n");
        using (var beginning = await reader.AskAsync(gateway, stream: true))
            Assert.Contains("It broke.", reader.ReadError(await beginning.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);

        upstream.ThenStream(Encoding.UTF8.GetString(format.Beginning), $"data: {Error}\n\n");
        using var behind = await reader.AskAsync(gateway, stream: true);
        var text = await behind.Content.ReadAsStringAsync();
        Assert.Contains("It broke.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"object\":\"error\"", text, StringComparison.Ordinal);
        if (client == format.Dialect)
            Assert.StartsWith(Encoding.UTF8.GetString(format.Beginning), text, StringComparison.Ordinal);
    }
}

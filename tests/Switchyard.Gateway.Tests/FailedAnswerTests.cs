using System.Net;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>An answer of an OpenAI provider that failed inside of a choice, as every client sees it, forwarded and translated.</summary>
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
}

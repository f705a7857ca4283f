using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>
/// A provider in this process that returns errors, refusals and citations as content of their own, as clients of Microsoft.Extensions.AI
/// do: callers over the wire get them in their own format.
/// </summary>
public sealed class ErrorContentTests
{
    public static TheoryData<string> Clients => [.. ClientFormat.Names];

    public static TheoryData<string, bool> Requests()
    {
        var requests = new TheoryData<string, bool>();
        foreach (var client in ClientFormat.Names)
        {
            requests.Add(client, false);
            requests.Add(client, true);
        }

        return requests;
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_refusal_is_given_as_one(string client, bool stream)
    {
        await using var gateway = await StartAsync(
            new Returning(ChatFinishReason.Stop, new ErrorContent("I cannot do that.") { ErrorCode = "Refusal" }));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Contains("I cannot do that.", text, StringComparison.Ordinal);
        if (client == "openai-chat")
            Assert.Contains("\"refusal\":\"I cannot do that.\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("x-switchyard-dropped", text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task An_error_in_place_of_an_answer_is_an_error(string client, bool stream)
    {
        await using var gateway = await StartAsync(
            new Returning(null, new ErrorContent("Too busy.") { ErrorCode = "rate_limit_exceeded" }));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Contains(
            "Too busy.", ClientFormat.Of(client).ReadError(await response.Content.ReadAsStringAsync(), 429), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task An_error_at_the_end_of_a_stream_is_an_error_event(string client)
    {
        await using var gateway = await StartAsync(
            new Returning(null, new TextContent("Half an"), new ErrorContent("It broke.") { ErrorCode = "server_error" }));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("Half an", ClientFormat.Of(client).ReadStream(bytes, endsWithError: true, out var problems));
        Assert.Equal([], problems);
        Assert.Contains("It broke.", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("gemini")]
    public async Task Citations_that_come_alone_belong_to_the_text_before_them(string client)
    {
        var citation = new CitationAnnotation { Url = new Uri("https://example.com/clock"), Title = "Clock" };
        await using var gateway = await StartAsync(
            new Returning(ChatFinishReason.Stop, new TextContent("It is noon."), new AIContent { Annotations = [citation] }));

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("It is noon.", ClientFormat.Of(client).ReadStream(bytes, endsWithError: false, out var problems));
        Assert.Equal([], problems);
        var text = Encoding.UTF8.GetString(bytes);
        Assert.Contains("https://example.com/clock", text, StringComparison.Ordinal);
        Assert.DoesNotContain("x-switchyard-dropped", text, StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(IChatClient provider) => GatewayHost.StartAsync(
        options => options.Strict = true, builder => builder.AddProvider("up", provider, null, "some-model"));

    /// <summary>Returns each content in an update of its own, and then the finish reason, if it has one.</summary>
    private sealed class Returning(ChatFinishReason? finish, params AIContent[] contents) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            foreach (var content in contents)
                yield return new ChatResponseUpdate(ChatRole.Assistant, [content]) { MessageId = "m1" };
            if (finish is not null)
                yield return new ChatResponseUpdate(ChatRole.Assistant, []) { MessageId = "m1", FinishReason = finish };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

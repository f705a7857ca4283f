using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Switchyard.Benchmarks;

/// <summary>A provider in memory: reads the request as a socket would, and answers immediately.</summary>
internal sealed class CannedHandler(bool stream) : HttpMessageHandler
{
    private const int StreamedChunks = 50;

    private static readonly byte[] Completion = Encoding.UTF8.GetBytes(
        """{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"some-model","choices":[{"index":0,"message":""" +
        """{"role":"assistant","content":"Move 12 before 7.","refusal":null},"logprobs":null,"finish_reason":"stop"}],""" +
        "\"usage\":{\"prompt_tokens\":96,\"completion_tokens\":6,\"total_tokens\":102}}");

    private static readonly byte[] Streamed = SampleStream.OfChunks(StreamedChunks);
    private static readonly byte[] ReadBuffer = new byte[4096];
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue EventStream = new("text/event-stream");

    /// <summary>Reads the same answer directly, without the engine.</summary>
    public static async Task<int> CallAloneAsync(bool stream)
    {
        using var answer = Answer(stream);
        var body = await answer.Content.ReadAsStreamAsync();
        var length = 0;
        while (await body.ReadAsync(ReadBuffer) is var read and > 0) length += read;
        return length;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
        return Answer(stream);
    }

    private static HttpResponseMessage Answer(bool stream)
    {
        var content = new ByteArrayContent(stream ? Streamed : Completion);
        content.Headers.ContentType = stream ? EventStream : Json;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }
}

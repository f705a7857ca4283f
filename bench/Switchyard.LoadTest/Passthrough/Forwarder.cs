using Microsoft.AspNetCore.Http;

namespace Switchyard.LoadTest.Passthrough;

/// <summary>
/// Sends a request on and copies the answer back, reading straight into the response's own buffer and flushing after each read.
/// </summary>
internal sealed class Forwarder : IDisposable
{
    // An answer of the usual size fits in one read; a larger hint would rent larger blocks for each open stream.
    private const int ReadSize = 4096;

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    private readonly Uri _upstream;
    private readonly Uri _chat;

    public Forwarder(Uri upstream)
    {
        _upstream = upstream;
        _chat = new Uri(upstream, "/v1/chat/completions");
    }

    public void Dispose() => _invoker.Dispose();

    public async Task ForwardAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Target(context.Request));
        request.Content = new BodyContent(context.Request);
        if (context.Request.Headers.Authorization is [{ } authorization])
            request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var answer = await _invoker.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentLength = answer.Content.Headers.ContentLength;
        if (answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type)) context.Response.ContentType = type.ToString();

        await CopyAsync(answer.Content, context);
    }

    private static async Task CopyAsync(HttpContent content, HttpContext context)
    {
        var body = await content.ReadAsStreamAsync(context.RequestAborted);
        var writer = context.Response.BodyWriter;
        while (true)
        {
            var read = await body.ReadAsync(writer.GetMemory(ReadSize), context.RequestAborted);
            if (read == 0) return;
            writer.Advance(read);
            await writer.FlushAsync(context.RequestAborted);
        }
    }

    // Nearly every request goes to one path, so its address is created once.
    private Uri Target(HttpRequest request) =>
        request.Path.Value == "/v1/chat/completions" && !request.QueryString.HasValue
            ? _chat
            : new Uri(_upstream, request.Path.ToUriComponent() + request.QueryString.ToUriComponent());
}

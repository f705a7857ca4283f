using System.Net;
using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Recorded;

namespace Switchyard.Providers.Replay;

/// <summary>An HTTP handler that answers requests from recordings, so that all code above it is unchanged. Thread-safe.</summary>
/// <param name="provider">The provider's name, for messages.</param>
/// <param name="cassettes">The recordings.</param>
/// <param name="speed">The speed: 1 as recorded, 0 at once.</param>
/// <param name="time">The clock of the delays.</param>
internal sealed class ReplayHandler(string provider, CassetteSet cassettes, double speed, TimeProvider time) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = Find(request, await ReadAsync(request, cancellationToken).ConfigureAwait(false)).Answer;
        await ReplayStream.WaitAsync(answer.After, speed, time, cancellationToken).ConfigureAwait(false);
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            RequestMessage = request,
            Content = new StreamContent(new ReplayStream(answer, speed, time)),
        };
        foreach (var (name, value) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        if (!answer.BrokeOff && answer.Pieces.Count <= 1)
            response.Content.Headers.ContentLength = answer.Length;
        return response;
    }

    private Cassette Find(HttpRequestMessage request, ReadOnlyMemory<byte>? body)
    {
        try
        {
            return cassettes.Find(request.Method.Method, request.RequestUri!.AbsolutePath, body);
        }
        catch (CassetteException e)
        {
            throw new CallException(new CallError(
                CallErrorKind.InvalidRequest, $"No recording of {provider} answers this request: {e.Message}")
            {
                Code = "no_recording",
            });
        }
    }

    /// <summary>The body; null for an upload, which is not recorded and so cannot be compared.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not { } content)
            return ReadOnlyMemory<byte>.Empty;
        using var body = new MemoryStream();
        await content.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        return IsJson(content.Headers.NonValidated) ? new ReadOnlyMemory<byte>(body.ToArray()) : default(ReadOnlyMemory<byte>?);
    }

    private static bool IsJson(HttpHeadersNonValidated headers) =>
        headers.TryGetValues("Content-Type", out var type)
        && type.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase);
}

using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Switchyard.LoadTest.Upstream;

/// <summary>
/// The provider that all subjects call. It runs directly on the server, below <c>HttpContext</c>: it shares its core with the load, and
/// the CPU time that it does not use is left for the load that saturates the subjects.
/// </summary>
internal sealed class UpstreamApplication : IHttpApplication<IFeatureCollection>
{
    private long _requests;

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        return request.Method == "POST"
            ? AnswerAsync(context, request.Path.EndsWith("/messages", StringComparison.Ordinal) ? CannedMessages.All : CannedAnswers.All)
            : AnswerGetAsync(context, request.Path);
    }

    private async Task AnswerAsync(IFeatureCollection context, CannedSet canned)
    {
        Interlocked.Increment(ref _requests);
        var request = UpstreamRequest.Read(await ReadBodyAsync(context));
        if (request.Stream)
        {
            await StreamAsync(context, request, canned);
            return;
        }

        var writer = Open(context, "application/json", canned.WholeLength);
        await writer.WriteAsync(canned.Whole);
    }

    private static async Task StreamAsync(IFeatureCollection context, UpstreamRequest request, CannedSet canned)
    {
        var writer = Open(context, "text/event-stream", length: null);
        var left = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        await writer.WriteAsync(canned.First, left);

        if (request.Shape.PaceMilliseconds == 0)
        {
            await WriteAtOnceAsync(writer, canned.Next, request.Shape.Chunks - 1, left);
        }
        else
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(request.Shape.PaceMilliseconds));
            for (var i = 1; i < request.Shape.Chunks; i++)
            {
                if (left.IsCancellationRequested) return;
                await pace.WaitForNextTickAsync(CancellationToken.None);
                await writer.WriteAsync(canned.Next, left);
            }
        }

        await writer.WriteAsync(request.IncludeUsage ? canned.EndWithUsage : canned.End, left);
    }

    private static async Task WriteAtOnceAsync(PipeWriter writer, byte[] frame, int chunks, CancellationToken left)
    {
        for (var i = 0; i < chunks; i++)
        {
            if (left.IsCancellationRequested) return;
            await writer.WriteAsync(frame, left);
        }
    }

    private Task AnswerGetAsync(IFeatureCollection context, string path)
    {
        var body = path switch
        {
            "/v1/models" => CannedAnswers.Models,
            "/bench/count" => Encoding.ASCII.GetBytes(Interlocked.Read(ref _requests).ToString(CultureInfo.InvariantCulture)),
            "/health" => "ok"u8.ToArray(),
            _ => null,
        };
        if (body is null)
        {
            context.GetRequiredFeature<IHttpResponseFeature>().StatusCode = 404;
            return Task.CompletedTask;
        }

        var writer = Open(
            context, path == "/v1/models" ? "application/json" : "text/plain", body.Length.ToString(CultureInfo.InvariantCulture));
        return writer.WriteAsync(body).AsTask();
    }

    private static PipeWriter Open(IFeatureCollection context, string contentType, string? length)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.Headers.ContentType = contentType;
        if (length is not null) response.Headers["Content-Length"] = length;
        return context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
    }

    private static async ValueTask<byte[]> ReadBodyAsync(IFeatureCollection context)
    {
        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}

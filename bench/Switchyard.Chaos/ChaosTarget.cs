using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.TestKit;

namespace Switchyard.Chaos;

/// <summary>
/// A provider on loopback that fails as configured. Its answers name the target and number their words, so that a client can see
/// whether words were lost, doubled, reordered or mixed with another target's.
/// </summary>
public sealed class ChaosTarget : IAsyncDisposable
{
    /// <summary>The number of words in an answer.</summary>
    public const int Words = 8;

    private readonly WebApplication _app;
    private volatile ChaosMode _mode;
    private int _open;
    private long _requests;

    private ChaosTarget(string name, WebApplication app) => (Name, _app) = (name, app);

    /// <summary>The provider's name.</summary>
    public string Name { get; }

    /// <summary>The address with its version segment.</summary>
    public string BaseUrl { get; private set; } = "";

    /// <summary>How it behaves from now on.</summary>
    public ChaosMode Mode
    {
        get => _mode;
        set => _mode = value;
    }

    /// <summary>The requests being answered now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>The requests seen.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Starts one.</summary>
    public static async Task<ChaosTarget> StartAsync(string name)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var target = new ChaosTarget(name, app);
        app.Run(target.HandleAsync);
        await app.StartAsync();
        target.BaseUrl = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/v1";
        return target;
    }

    /// <summary>The text of a whole answer.</summary>
    public static string TextOf(string name) => string.Concat(Enumerable.Range(0, Words).Select(word => WordOf(name, word)));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string WordOf(string name, int word) => string.Create(CultureInfo.InvariantCulture, $"{name}:{word} ");

    private async Task HandleAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _open);
        try
        {
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(http.RequestAborted);
            await AnswerAsync(http, Mode, body.Contains("\"stream\":true", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The gateway gave up, as expected for some of the answers.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private Task AnswerAsync(HttpContext http, ChaosMode mode, bool stream)
    {
        switch (mode)
        {
            case ChaosMode.ServerError:
                return WriteAsync(
                    http, 503, "application/json", """{"error":{"message":"The server is overloaded.","type":"server_error"}}""");
            case ChaosMode.HtmlError:
                return WriteAsync(http, 502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>");
            case ChaosMode.RateLimited:
                http.Response.Headers.RetryAfter = "1";
                return WriteAsync(http, 429, "application/json", """{"error":{"message":"Too many requests.","type":"rate_limit_error"}}""");
            case ChaosMode.ResetBeforeHeaders:
                http.Abort();
                return Task.CompletedTask;
            case ChaosMode.Silent:
                return Task.Delay(Timeout.Infinite, http.RequestAborted);
            case ChaosMode.Dripping:
                return DripAsync(http);
            case ChaosMode.ErrorFirst when stream:
                return WriteAsync(
                    http, 200, "text/event-stream",
                    "data: {\"error\":{\"message\":\"Overloaded.\",\"type\":\"server_error\",\"code\":503}}\n\n");
            case ChaosMode.ErrorFirst:
                return WriteAsync(http, 200, "application/json", """{"error":{"message":"Overloaded.","type":"server_error","code":503}}""");
            case ChaosMode.WrongContentType:
                return WriteAsync(http, 200, "text/html", "<html><body>Welcome to this hotel's network.</body></html>");
            case ChaosMode.Redirect:
                http.Response.Redirect("/elsewhere");
                return Task.CompletedTask;
            case ChaosMode.Unauthorized:
                return WriteAsync(http, 401, "application/json", """{"error":{"message":"Incorrect API key provided."}}""");
            default:
                return stream ? StreamAsync(http, mode) : WholeAsync(http, mode);
        }
    }

    private async Task WholeAsync(HttpContext http, ChaosMode mode)
    {
        var bytes = Encoding.UTF8.GetBytes(Some.ChatCompletion(TextOf(Name)));
        http.Response.ContentType = "application/json";
        if (mode == ChaosMode.ResetMidStream)
        {
            http.Response.ContentLength = bytes.Length;
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await http.Response.Body.FlushAsync();
            await Task.Delay(30, http.RequestAborted);
            http.Abort();
            return;
        }

        if (mode == ChaosMode.Compressed)
        {
            var brotli = Requests % 2 == 0;
            http.Response.Headers.ContentEncoding = brotli ? "br" : "gzip";
            await using Stream packed = brotli
                ? new BrotliStream(http.Response.Body, CompressionLevel.Fastest)
                : new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await packed.WriteAsync(bytes);
            return;
        }

        await http.Response.Body.WriteAsync(bytes);
    }

    private async Task StreamAsync(HttpContext http, ChaosMode mode)
    {
        http.Response.ContentType = "text/event-stream";
        await WriteAsync(http, Some.Chunk("""{"role":"assistant","content":""}"""));
        for (var word = 0; word < Words; word++)
        {
            await WriteAsync(http, Some.Chunk($$"""{"content":"{{WordOf(Name, word)}}"}"""));
            if (mode != ChaosMode.ResetMidStream || word < Words / 2)
                continue;
            // A reset discards bytes that the other side has not read yet.
            await Task.Delay(30, http.RequestAborted);
            http.Abort();
            return;
        }

        await WriteAsync(http, Some.Chunk("{}", "\"stop\"") + Some.UsageChunk + Some.Done);
    }

    private static async Task DripAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        while (!http.RequestAborted.IsCancellationRequested)
        {
            await WriteAsync(http, ": still here\n\n");
            await Task.Delay(50, http.RequestAborted);
        }
    }

    private static async Task WriteAsync(HttpContext http, string text)
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static Task WriteAsync(HttpContext http, int status, string type, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        return http.Response.WriteAsync(body, http.RequestAborted);
    }
}

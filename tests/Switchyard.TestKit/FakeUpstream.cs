using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Switchyard.TestKit;

/// <summary>A request that the upstream got.</summary>
public sealed record SeenRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>
/// A scripted provider on loopback: real Kestrel, real sockets. Each request gets the next scripted answer, or the last one
/// again.
/// </summary>
public sealed class FakeUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Queue<Func<HttpContext, SeenRequest, Task>> _script = new();
    private readonly ConcurrentQueue<RequestDelegate> _unread = new();
    private readonly ConcurrentQueue<SeenRequest> _requests = new();
    private readonly TaskCompletionSource _clientLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<HttpContext, SeenRequest, Task> _last = (http, _) => WriteAsync(http, 200, "application/json", Some.ChatCompletion());

    private FakeUpstream(WebApplication app) => _app = app;

    /// <summary>The address with its version segment: <c>http://127.0.0.1:PORT/v1</c>.</summary>
    public string BaseUrl { get; private set; } = "";

    /// <summary>The requests that it got, oldest first.</summary>
    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    /// <summary>The last request.</summary>
    public SeenRequest LastRequest => _requests.Last();

    /// <summary>Completes when a client has closed its connection in the middle of an answer.</summary>
    public Task ClientLeft => _clientLeft.Task;

    /// <summary>Starts one.</summary>
    public static async Task<FakeUpstream> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var upstream = new FakeUpstream(app);
        app.Run(upstream.HandleAsync);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        upstream.BaseUrl = address + "/v1";
        return upstream;
    }

    /// <summary>Answers the next request, and those after it until something else is scripted, in this way.</summary>
    public FakeUpstream Then(RequestDelegate answer) => Then((http, _) => answer(http));

    /// <summary>Answers the next request, and those after it until something else is scripted, depending on the request.</summary>
    public FakeUpstream Then(Func<HttpContext, SeenRequest, Task> answer)
    {
        lock (_script)
            _script.Enqueue(answer);
        return this;
    }

    /// <summary>Answers one request before its body is read, with priority over the other scripted answers.</summary>
    public FakeUpstream ThenUnread(RequestDelegate answer)
    {
        _unread.Enqueue(answer);
        return this;
    }

    /// <summary>Answers JSON.</summary>
    public FakeUpstream ThenJson(string json, int status = 200, params (string Name, string Value)[] headers) => Then(http =>
    {
        foreach (var (name, value) in headers)
            http.Response.Headers[name] = value;
        return WriteAsync(http, status, "application/json", json);
    });

    /// <summary>Answers any bytes.</summary>
    public FakeUpstream ThenBytes(byte[] bytes, string contentType, int status = 200) => Then(async http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        await http.Response.Body.WriteAsync(bytes);
    });

    /// <summary>Answers a stream, piece by piece, each flushed.</summary>
    public FakeUpstream ThenStream(params string[] pieces) => Then(http => StreamAsync(http, pieces));

    /// <summary>Answers a stream and then keeps it open until the client disconnects.</summary>
    public FakeUpstream ThenStreamAndHang(params string[] pieces) => Then(async http =>
    {
        await StreamAsync(http, pieces);
        await HangAsync(http);
    });

    /// <summary>Sends nothing until the client disconnects.</summary>
    public FakeUpstream ThenHang() => Then(HangAsync);

    /// <summary>Answers a stream and then closes the connection before the end of the answer.</summary>
    public FakeUpstream ThenStreamAndCut(params string[] pieces) => Then(async http =>
    {
        await StreamAsync(http, pieces);
        throw Cut();
    });

    /// <summary>
    /// An exception that ends an answer which has begun: Kestrel sends what was written and closes the connection without the answer's end.
    /// A reset (<see cref="HttpContext.Abort"/>) would discard what the other side has not read yet.
    /// </summary>
    public static IOException Cut() => new("The provider ends here.");

    /// <summary>Cuts the connection without an answer.</summary>
    public FakeUpstream ThenCut() => Then(http =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext http)
    {
        if (_unread.TryDequeue(out var unread))
        {
            await unread(http);
            return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var seen = new SeenRequest(
            http.Request.Method,
            http.Request.Path.Value + http.Request.QueryString,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
        _requests.Enqueue(seen);
        await NextAnswer()(http, seen);
    }

    /// <summary>
    /// Takes it under a lock: of two simultaneous requests, the second must not see an empty queue and still the previous answer.
    /// </summary>
    private Func<HttpContext, SeenRequest, Task> NextAnswer()
    {
        lock (_script)
        {
            if (_script.TryDequeue(out var answer))
                _last = answer;
            return _last;
        }
    }

    /// <summary>Keeps an answer open until the client disconnects.</summary>
    public async Task HangAsync(HttpContext http)
    {
        await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _clientLeft.TrySetResult();
    }

    private static async Task StreamAsync(HttpContext http, string[] pieces)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        foreach (var piece in pieces)
        {
            await http.Response.WriteAsync(piece);
            await http.Response.Body.FlushAsync();
        }
    }

    public static Task WriteAsync(HttpContext http, int status, string contentType, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        return http.Response.WriteAsync(body);
    }
}

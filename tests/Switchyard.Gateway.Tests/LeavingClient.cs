using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;

namespace Switchyard.Gateway.Tests;

/// <summary>A client that reads an answer up to just before its last byte and then closes its connection.</summary>
internal sealed class LeavingClient
{
    private int _departures;

    /// <summary>Counts the clients of a gateway that have left before their answer was complete.</summary>
    public void Watch(IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.RequestAborted.UnsafeRegister(
            static client => Interlocked.Increment(ref ((LeavingClient)client!)._departures), this);
        return next(http);
    });

    /// <summary>Reads the provider's next answer and leaves. Returns when the gateway has noticed it.</summary>
    /// <param name="gateway">The gateway, which is watched.</param>
    /// <param name="upstream">The provider.</param>
    /// <param name="request">The request.</param>
    /// <param name="content">The provider's answer.</param>
    /// <param name="rest">What the provider does after that, with the last byte.</param>
    /// <param name="type">The content type of the provider's answer.</param>
    public async Task ReadAsync(
        GatewayHost gateway, FakeUpstream upstream, HttpRequestMessage request, string content,
        Func<HttpContext, ReadOnlyMemory<byte>, Task> rest, string type = "application/octet-stream")
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(async http =>
        {
            (http.Response.ContentType, http.Response.ContentLength) = (type, bytes.Length);
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length - 1));
            await http.Response.Body.FlushAsync();
            await left.Task;
            await rest(http, bytes.AsMemory(bytes.Length - 1));
        });
        var before = Volatile.Read(ref _departures);
        using (var answer = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            await using var body = await answer.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[bytes.Length - 1]);
        }

        await Wait.ForAsync(() => Volatile.Read(ref _departures) > before);
        left.SetResult();
    }

    /// <summary>A provider that sends the last byte.</summary>
    public static Task Complete(HttpContext http, ReadOnlyMemory<byte> last) => http.Response.Body.WriteAsync(last).AsTask();
}

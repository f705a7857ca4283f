using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Changes of versioned state are serialized, and no client can block the others.</summary>
public sealed class AdminTurnTests
{
    private const string Key = "an-admin-key-of-some-length";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("PUT", "/admin/limits/mock", """{"rpm":60}""")]
    [InlineData("PATCH", "/admin/config", "routing: { max_fallbacks: 2 }")]
    public async Task A_client_that_is_slow_to_send_keeps_no_other_change_waiting(string method, string path, string body)
    {
        var asked = new TaskCompletionSource();
        var rest = new TaskCompletionSource();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Admin.Key = Key;
            },
            use: app => app.Use((http, next) =>
            {
                if (http.Request.Headers.ContainsKey("x-slow"))
                    http.Request.Body = new SlowStream(http.Request.Body, asked, rest.Task);
                return next(http);
            }));

        var slow = SendAsync(gateway, method, path, body, isSlow: true);
        await asked.Task.WaitAsync(s_patience);
        var other = await SendAsync(gateway, "PUT", "/admin/limits/mock", """{"rpm":30}""").WaitAsync(s_patience);
        rest.SetResult();

        Assert.Equal(HttpStatusCode.OK, other);
        Assert.Equal(HttpStatusCode.OK, await slow);
    }

    private static async Task<HttpStatusCode> SendAsync(GatewayHost gateway, string method, string path, string body, bool isSlow = false)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (isSlow)
            request.Headers.Add("x-slow", "1");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    /// <summary>A body that sends nothing until it is released.</summary>
    private sealed class SlowStream(Stream body, TaskCompletionSource asked, Task rest) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            asked.TrySetResult();
            await rest;
            return await body.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

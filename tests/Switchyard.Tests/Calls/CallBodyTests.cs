using System.Buffers;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>The holders of a request's bytes; the array is returned to the pool once, after the last holder.</summary>
public sealed class CallBodyTests
{
    private readonly OpenAIChatDialect _dialect = new();

    [Fact]
    public void A_body_replaced_while_a_transport_sends_it_does_not_give_the_array_back_under_the_transport()
    {
        var (bytes, body) = Read();
        Assert.True(bytes.TryHold());
        body.Replace(new CanonicalChatRequest([], new ChatOptions()));
        body.Release();
        bytes.Release();

        // The reader of the request and the body have released it, each once; the transport has not.
        Assert.Contains("Hello", Encoding.UTF8.GetString(bytes.Memory.Span), StringComparison.Ordinal);
        bytes.Release();
        Assert.Throws<ObjectDisposedException>(() => bytes.Memory);
    }

    [Fact]
    public void However_often_a_body_is_released_it_gives_up_one_hold()
    {
        var (bytes, body) = Read();
        for (var i = 0; i < 5; i++)
            body.Release();

        Assert.False(bytes.Memory.IsEmpty);
        bytes.Release();
        Assert.Throws<ObjectDisposedException>(() => bytes.Memory);
    }

    [Fact]
    public void A_replaced_body_has_no_bytes_to_forward()
    {
        var (bytes, body) = Read();
        Assert.Equal(DialectId.OpenAIChat, body.Dialect);
        body.Replace(new CanonicalChatRequest([], new ChatOptions()));

        Assert.Null(body.Wire);
        Assert.Equal(DialectId.Canonical, body.Dialect);
        Assert.Empty(((CanonicalChatRequest)body.GetCanonical()).Messages);
        bytes.Release();
    }

    [Fact]
    public void Bytes_given_back_already_make_no_body()
    {
        var (bytes, body) = Read();
        body.Release();
        bytes.Release();
        Assert.Throws<ObjectDisposedException>(
            () => CallBody.FromWire(_dialect, new CallEnvelope { Operation = CallOperation.Chat, Model = "m" }, bytes));
    }

    [Fact]
    public void A_request_without_bytes_is_copied_up_to_the_same_size()
    {
        var file = new DataContent(new byte[60], "image/png");
        CanonicalRequest[] requests =
        [
            Chat(new TextContent(new string('x', 40)), file),
            Chat(new FunctionResultContent("1", new string('x', 100))),
            Chat(new FunctionResultContent("1", (AIContent[])[new TextContent(new string('x', 40)), file])),
            new CanonicalEmbeddingRequest([new(new string('x', 60)), new(null, [.. Enumerable.Range(0, 10)])], new()),
            new CanonicalRerankRequest(new string('x', 40), [new(new string('x', 60))]),
        ];

        foreach (var request in requests)
        {
            Assert.NotNull(CallBody.FromCanonical(request).TryCopy(100));
            Assert.Null(CallBody.FromCanonical(request).TryCopy(99));
        }

        static CanonicalChatRequest Chat(params AIContent[] contents) => new([new(ChatRole.User, contents)], new ChatOptions());
    }

    [Fact]
    public void A_body_that_was_replaced_is_as_large_as_what_came()
    {
        var (bytes, body) = Read();
        var length = bytes.Length;
        body.Replace(new CanonicalChatRequest([], new ChatOptions()));

        Assert.NotNull(body.TryCopy(length));
        Assert.Null(body.TryCopy(length - 1));
        bytes.Release();
    }

    private (PooledBytes Bytes, CallBody Body) Read()
    {
        var text = Encoding.UTF8.GetBytes(Some.ChatRequest());
        var array = ArrayPool<byte>.Shared.Rent(text.Length);
        text.CopyTo(array, 0);
        var bytes = PooledBytes.Rented(array, text.Length);
        var envelope = _dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes.Memory.Span);
        return (bytes, CallBody.FromWire(_dialect, envelope, bytes));
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Providers.Mock;

/// <summary>The mock's chat client for one model.</summary>
internal sealed class MockChatClient(MockProvider provider, string model) : IChatClient, ITokenCounter
{
    private readonly ChatClientMetadata _metadata = new(provider.Name, null, model);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var conversation = Conversation(messages);
        var number = await provider.BeginCallAsync(cancellationToken).ConfigureAwait(false);
        var reply = MockReply.To(conversation, options, provider.Options, model, number);
        IList<AIContent> contents = reply.ToolCalls.Count > 0 ? [.. reply.ToolCalls] : [new TextContent(reply.Text)];
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ResponseId = ResponseId(number),
            ModelId = model,
            CreatedAt = provider.Clock.GetUtcNow(),
            FinishReason = reply.FinishReason,
            Usage = reply.Usage,
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var conversation = Conversation(messages);
        var number = await provider.BeginCallAsync(cancellationToken).ConfigureAwait(false);
        if (!provider.Options.EnableStreaming)
            throw new CallException(CallErrorKind.InvalidRequest, "Streaming not enabled for this mock provider", "stream");
        var reply = MockReply.To(conversation, options, provider.Options, model, number);
        var id = ResponseId(number);
        var created = provider.Clock.GetUtcNow();
        var isFirst = true;
        foreach (var piece in Pieces(reply))
        {
            if (!isFirst && provider.Options.ChunkInterval > TimeSpan.Zero)
                await Task.Delay(provider.Options.ChunkInterval, provider.Clock, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            isFirst = false;
            yield return Update([piece]);
        }

        var last = Update([new UsageContent(reply.Usage)]);
        last.FinishReason = reply.FinishReason;
        yield return last;

        ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
        {
            ResponseId = id,
            MessageId = id,
            ModelId = model,
            CreatedAt = created,
        };
    }

    /// <remarks>The same number as in the usage of an answer. It is not a call: it is not counted, does not wait and never fails.</remarks>
    public ValueTask<long> CountTokensAsync(
        IReadOnlyList<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken) =>
        new(MockReply.InputTokens(messages));

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(provider) ? provider
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // Nothing to release: the registry owns the provider.
    }

    private IEnumerable<AIContent> Pieces(MockReply reply)
    {
        foreach (var call in reply.ToolCalls)
            yield return call;
        if (reply.ToolCalls.Count > 0)
            yield break;
        var size = provider.Options.ChunkSize;
        for (var start = 0; start < reply.Text.Length;)
        {
            var end = Math.Min(start + size, reply.Text.Length);
            // A surrogate pair is not split: no encoding can represent half of it.
            if (end < reply.Text.Length && char.IsHighSurrogate(reply.Text[end - 1]))
                end++;
            yield return new TextContent(reply.Text[start..end]);
            start = end;
        }
    }

    private static List<ChatMessage> Conversation(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var conversation = messages.ToList();
        return conversation.Count > 0
            ? conversation
            : throw new CallException(CallErrorKind.InvalidRequest, "A chat needs at least one message.", "messages");
    }

    private static string ResponseId(long number) => string.Create(CultureInfo.InvariantCulture, $"chatcmpl-mock-{number}");
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Switchyard.Aspire;

/// <summary>Runs each call as a <see cref="GatewayExchange"/>. Thread-safe.</summary>
internal sealed class GatewayChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> turns = [.. messages];
        var own = options?.Clone();
        var exchange = GatewayExchange.Begin(own?.AdditionalProperties, turns is [.., var last] ? last : null);
        var answer = await base.GetResponseAsync(turns, own, cancellationToken).ConfigureAwait(false);
        exchange.WriteTo(answer.AdditionalProperties ??= []);
        return answer;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> turns = [.. messages];
        var own = options?.Clone();
        var exchange = GatewayExchange.Begin(own?.AdditionalProperties, turns is [.., var last] ? last : null);
        var first = true;
        await foreach (var update in base.GetStreamingResponseAsync(turns, own, cancellationToken).ConfigureAwait(false))
        {
            if (first)
                exchange.WriteTo(update.AdditionalProperties ??= []);
            first = false;
            yield return update;
        }
    }
}

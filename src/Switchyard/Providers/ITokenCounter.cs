using Microsoft.Extensions.AI;

namespace Switchyard.Providers;

/// <summary>
/// A service of an <see cref="IChatClient"/> that counts the tokens of a prompt without answering it. Without it tokens are never counted
/// by a request: a count would cost as much as an answer.
/// </summary>
public interface ITokenCounter
{
    /// <summary>The tokens of a prompt.</summary>
    ValueTask<long> CountTokensAsync(IReadOnlyList<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken);
}

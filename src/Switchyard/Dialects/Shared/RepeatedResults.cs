using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Finds the tool results that a later one of the same round replaces, for the formats whose messages are written one by one. The last one
/// wins: a client that sends two means the later one.
/// </summary>
internal static class RepeatedResults
{
    /// <summary>The results not to be sent; each is reported at the position of the later one.</summary>
    public static HashSet<FunctionResultContent> Of(IReadOnlyList<ChatMessage> messages, LossReport losses)
    {
        var replaced = new HashSet<FunctionResultContent>(ReferenceEqualityComparer.Instance);
        var round = new Dictionary<string, FunctionResultContent>(StringComparer.Ordinal);
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role == ChatRole.Assistant)
                round.Clear();
            foreach (var result in messages[i].Contents.OfType<FunctionResultContent>())
            {
                if (round.TryGetValue(result.CallId, out var earlier))
                {
                    replaced.Add(earlier);
                    losses.Drop($"{MessagePlace.Of(messages[i], i)} (a second result for {result.CallId})");
                }

                round[result.CallId] = result;
            }
        }

        return replaced;
    }
}

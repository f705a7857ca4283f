using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Client;

/// <summary>
/// In-process callers are given tool calls whole. The fragments that a dialect's encoder needs to stream them on are left out here.
/// </summary>
internal static class WholeToolCalls
{
    /// <summary>Removes the fragments from an update.</summary>
    /// <returns>False when nothing remains worth giving.</returns>
    public static bool Keep(ChatResponseUpdate update)
    {
        var before = update.Contents.Count;
        for (var i = before - 1; i >= 0; i--)
        {
            if (update.Contents[i] is ToolCallFragment)
                update.Contents.RemoveAt(i);
        }

        return update.Contents.Count == before || update.Contents.Count > 0 || update.FinishReason is not null;
    }
}

using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Client;

/// <summary>
/// Removes tool call fragments from the updates of a stream. Decoders emit each tool call in fragments, which encoders need to stream it,
/// and then whole; an in-process caller gets only the whole one.
/// </summary>
internal static class WholeToolCalls
{
    /// <summary>Removes the fragments from an update.</summary>
    /// <returns>False if the update is then empty, and can be skipped.</returns>
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

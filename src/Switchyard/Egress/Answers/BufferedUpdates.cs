using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Egress.Answers;

/// <summary>A whole answer returned as a stream, for a provider that answered a stream's request in one piece.</summary>
internal sealed class BufferedUpdates(IReadOnlyList<ChatResponseUpdate> updates) : UpdatesResponse
{
    private int _next;

    public override ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        if (_next < updates.Count)
            return new(updates[_next++]);
        IsComplete = true;
        return new((ChatResponseUpdate?)null);
    }
}

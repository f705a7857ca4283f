using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Naming;

/// <summary>A stream of objects that name the requested model. Not thread-safe.</summary>
/// <param name="inner">The stream.</param>
/// <param name="name">The requested name.</param>
internal sealed class NamedUpdates(UpdatesResponse inner, string name) : UpdatesResponse
{
    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        var update = await inner.ReadAsync().ConfigureAwait(false);
        if (update is null)
        {
            (Error, ErrorWasSent, IsComplete) = (inner.Error, inner.ErrorWasSent, inner.IsComplete);
            return null;
        }

        if (update.ModelId == name)
            return update;
        // A client in this process may return the same object again.
        var named = update.Clone();
        named.ModelId = name;
        return named;
    }

    protected override ValueTask ReleaseAsync() => inner.DisposeAsync();
}

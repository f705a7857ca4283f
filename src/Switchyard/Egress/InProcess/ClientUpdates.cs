using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Exchange;
using Switchyard.Providers.Registry;

namespace Switchyard.Egress.InProcess;

/// <summary>A stream of somebody's <see cref="IChatClient"/>, its first update already there.</summary>
internal sealed class ClientUpdates(
    ModelCall call, string provider, IAsyncEnumerator<ChatResponseUpdate> updates, AttemptClock clock, ProviderLease lease) : UpdatesResponse
{
    private bool _gaveFirst;

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        try
        {
            if (_gaveFirst && !await updates.MoveNextAsync())
            {
                IsComplete = true;
                return null;
            }

            _gaveFirst = true;
            clock.Touch();
            foreach (var content in updates.Current.Contents)
            {
                if (content is UsageContent usage)
                    call.Usage = call.Usage.UpdatedBy(TokenUsage.From(usage.Details));
            }

            return updates.Current;
        }
        catch (Exception e)
        {
            Error = ChatClientUpstream.Explain(e, call, provider, clock);
            return null;
        }
    }

    protected override async ValueTask ReleaseAsync()
    {
        try
        {
            await updates.DisposeAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The answer has been given; how a client's stream tidies up is its own affair.
        }
        finally
        {
            clock.Dispose();
            lease.Dispose();
        }
    }
}

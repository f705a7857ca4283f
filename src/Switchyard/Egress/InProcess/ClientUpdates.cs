using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Providers.Registry;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The stream of an in-process client, whose first update has been read. Disposing it disposes the client's stream, the clock and the
/// lease, and ends the attempt.
/// </summary>
internal sealed class ClientUpdates(
    ModelCall call,
    Attempt attempt,
    IAsyncEnumerator<ChatResponseUpdate> updates,
    DistinctCallIds ids,
    AttemptClock clock,
    ProviderLease lease,
    ClientExceptions exceptions)
    : UpdatesResponse
{
    private bool _gaveFirst;
    private bool _hasPieces;

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        try
        {
            clock.Resume();
            if (_gaveFirst && !await updates.MoveNextAsync().ConfigureAwait(false))
            {
                IsComplete = true;
                return null;
            }

            _gaveFirst = true;
            clock.Touch();
            clock.Pause();
            attempt.SaidCharacters += SaidCount.Of(updates.Current.Contents, ref _hasPieces);
            if (attempt.Deployment.Price is { HasServiceTiers: true })
                attempt.ServiceTier = ServiceTiers.In(updates.Current.AdditionalProperties) ?? attempt.ServiceTier;
            foreach (var content in updates.Current.Contents)
            {
                if (content is UsageContent usage)
                    attempt.Observe(TokenUsage.From(usage.Details));
            }

            return WithOwnIds(updates.Current);
        }
        catch (Exception e)
        {
            Error = exceptions.Explain(e, call, lease.Name, clock, isOpenStream: true);
            return null;
        }
    }

    private ChatResponseUpdate WithOwnIds(ChatResponseUpdate update)
    {
        var contents = ids.Restored(update.Contents);
        if (ReferenceEquals(contents, update.Contents))
            return update;
        var changed = update.Clone();
        changed.Contents = contents;
        return changed;
    }

    protected override async ValueTask ReleaseAsync()
    {
        try
        {
            await updates.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The answer has been read; an exception while disposing the client's stream does not change it.
        }
        finally
        {
            attempt.End(this);
            clock.Dispose();
            lease.Dispose();
        }
    }
}

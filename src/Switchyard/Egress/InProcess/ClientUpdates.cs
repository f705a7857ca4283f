using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Providers.Registry;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The stream of an in-process client, whose first updates have been read. Disposing it disposes the client's stream, the clock and the
/// lease, and ends the attempt.
/// </summary>
internal sealed class ClientUpdates(
    ModelCall call,
    Attempt attempt,
    IAsyncEnumerator<ChatResponseUpdate> updates,
    Queue<ChatResponseUpdate> ahead,
    ReportedErrors errors,
    DistinctCallIds ids,
    AttemptClock clock,
    ProviderLease lease,
    ClientExceptions exceptions)
    : UpdatesResponse
{
    // As for a whole answer.
    private readonly MadeCalls? _made = call.ClientDialect == DialectId.Canonical ? null : new();
    // The usage of an agent's requests to its model up to the last tool result, and of the one after it, which counts by itself.
    private TokenUsage _earlier;
    private TokenUsage _usage;
    private bool _gaveFirst;
    private bool _hasPieces;
    private bool _ended;

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        try
        {
            clock.Resume();
            while (!_ended)
            {
                // After an error the next update shows whether it was the end.
                while (ahead.Count == 0 || errors.IsPending)
                {
                    if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        return End();
                    clock.Touch();
                    errors.Take(updates.Current);
                    ahead.Enqueue(updates.Current);
                }

                var update = Observed(ahead.Dequeue());
                if ((_made is null ? update : _made.Take(update)) is { } given)
                {
                    clock.Pause();
                    return given;
                }
            }

            IsComplete = Error is null;
            return null;
        }
        catch (Exception e)
        {
            ObserveUnread();
            Error = exceptions.Explain(e, call, lease.Name, clock, isOpenStream: true);
            return null;
        }
    }

    /// <summary>The end of the client's stream: the last update, or null with the error that ended it.</summary>
    private ChatResponseUpdate? End()
    {
        _ended = true;
        // Billed all the same.
        while (ahead.TryDequeue(out var unsaid))
            Observed(unsaid);
        Error = errors.Ending(call, lease.Name);
        if (Error is null && _made?.End() is { } end)
        {
            clock.Pause();
            return end;
        }

        IsComplete = Error is null;
        return null;
    }

    /// <summary>An update of the client, after its content has been counted.</summary>
    private ChatResponseUpdate Observed(ChatResponseUpdate update)
    {
        var isFirst = !_gaveFirst;
        _gaveFirst = true;
        attempt.SaidCharacters += SaidCount.Of(update.Contents, ref _hasPieces);
        if (attempt.Deployment.Price is { HasServiceTiers: true })
            attempt.ServiceTier = ServiceTiers.In(update.AdditionalProperties) ?? attempt.ServiceTier;
        ObserveUsage(update);
        return WithOwnIds(update, isFirst);
    }

    private void ObserveUsage(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
            {
                _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
                attempt.Observe(_earlier.Plus(_usage));
            }
            else if (content is FunctionResultContent)
            {
                (_earlier, _usage) = (_earlier.Plus(_usage), default);
            }
        }
    }

    /// <summary>Counts the usage of updates that were read ahead and are not given any more: it is billed all the same.</summary>
    private void ObserveUnread()
    {
        while (ahead.TryDequeue(out var unread))
            ObserveUsage(unread);
    }

    /// <summary>A copy of the update with distinct call ids. Facts are added to the first, and the client may keep its object.</summary>
    private ChatResponseUpdate WithOwnIds(ChatResponseUpdate update, bool isFirst)
    {
        var contents = WithTotal(ids.Restored(update.Contents));
        if (_made is not null)
            contents = WireContents.Of(contents);
        if (!isFirst && ReferenceEquals(contents, update.Contents))
            return update;
        var changed = update.Clone();
        changed.Contents = contents;
        changed.AdditionalProperties = update.AdditionalProperties?.Clone();
        return changed;
    }

    /// <summary>
    /// The contents with the usage of all requests: over the wire the last report counts. A caller in this process adds the reports up.
    /// </summary>
    private IList<AIContent> WithTotal(IList<AIContent> contents)
    {
        if (_made is null || _earlier.IsEmpty)
            return contents;
        return
        [
            .. contents.Select(content => content is UsageContent usage
                ? new UsageContent(_earlier.Plus(_usage).ToUsageDetails()) { AdditionalProperties = usage.AdditionalProperties }
                : content),
        ];
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
            ObserveUnread();
            attempt.End(this);
            clock.Dispose();
            lease.Dispose();
        }
    }
}

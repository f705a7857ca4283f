using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Fitting;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The stream of an in-process client, whose first updates have been read. Disposing it disposes the client's stream and the exchange, and
/// ends the attempt.
/// </summary>
/// <param name="exchange">The attempt.</param>
/// <param name="updates">The client's stream.</param>
/// <param name="ahead">The updates that have been read already.</param>
/// <param name="errors">The errors among them.</param>
/// <param name="ids">Makes the ids of tool calls distinct.</param>
/// <param name="exceptions">Maps the client's exceptions.</param>
internal sealed class ClientUpdates(
    ClientExchange exchange,
    IAsyncEnumerator<ChatResponseUpdate> updates,
    Queue<ChatResponseUpdate> ahead,
    ReportedErrors errors,
    DistinctCallIds ids,
    ClientExceptions exceptions)
    : UpdatesResponse
{
    // As for a whole answer.
    private readonly ExecutedCalls? _executed = exchange.IsFromThisProcess ? null : new();
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
            exchange.Clock.Resume();
            while (!_ended)
            {
                // After an error the next update shows whether it was the end.
                while (ahead.Count == 0 || errors.IsPending)
                {
                    if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        return End();
                    exchange.Clock.Touch();
                    errors.Take(updates.Current);
                    ahead.Enqueue(updates.Current);
                }

                var update = Observed(ahead.Dequeue());
                if ((_executed is null ? update : _executed.Take(update)) is { } given)
                {
                    exchange.Clock.Pause();
                    return given;
                }
            }

            IsComplete = Error is null;
            return null;
        }
        catch (Exception e)
        {
            ObserveUnread();
            Error = exceptions.Explain(e, exchange, isOpenStream: true);
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
        Error = errors.Ending(exchange.Call, exchange.Provider);
        if (Error is null && _executed?.End() is { } end)
        {
            exchange.Clock.Pause();
            return end;
        }

        IsComplete = Error is null;
        return null;
    }

    /// <summary>An update of the client, after its content has been counted.</summary>
    private ChatResponseUpdate Observed(ChatResponseUpdate update)
    {
        var (isFirst, attempt) = (!_gaveFirst, exchange.Attempt);
        _gaveFirst = true;
        attempt.OutputCharacters += OutputCount.Of(update.Contents, ref _hasPieces);
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
                exchange.Attempt.Observe(_earlier.Plus(_usage));
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
        if (_executed is not null)
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
        if (_executed is null || _earlier.IsEmpty)
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
            exchange.Attempt.End(this);
            exchange.Dispose();
        }
    }
}

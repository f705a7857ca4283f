using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// One call with one answer for several clients: the first client, and those that sent the same request while it ran. Each client reads
/// the answer at its own pace as it arrives. The call ends with its answer, or when the last client has left; a client that leaves, even
/// the first, does not disturb the others. Thread-safe.
/// </summary>
/// <param name="content">The hash of the request.</param>
/// <param name="dialect">The client's dialect; null for callers in this process.</param>
/// <param name="terms">How long and up to which size the answer is kept.</param>
/// <param name="time">The clock.</param>
#pragma warning disable CA1001 // Without a timer the source holds nothing to dispose, and the last client may leave late.
internal sealed class Flight(AnswerKey content, IIngressDialect? dialect, FlightTerms terms, TimeProvider time)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _allLeft = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _interested = 1;
    private bool _isClosed;
    private bool _isOwn;
    private ModelCall? _call;

    /// <summary>The hash of the request.</summary>
    public AnswerKey Content => content;

    /// <summary>The answer, as it arrives.</summary>
    public ArrivingAnswer Answer { get; } = new(dialect, terms.MaxBytes, time);

    /// <summary>Whether the last client left before the end of the answer.</summary>
    public bool IsCut => _allLeft.IsCancellationRequested;

    /// <summary>Completes when no part of the call runs any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The answer found on the second level, so that no provider was called; null otherwise. Valid once it is open.</summary>
    public KeptAnswer? Found { get; private set; }

    /// <summary>Adds a client; null if the answer is no longer held from its beginning. A client that has joined opens it.</summary>
    public FlightClient? TryJoin(ModelCall call)
    {
        LogReader? reader;
        lock (_gate)
        {
            // An answer that a budget reduced, or that a guard has not seen, belongs to the first client alone.
            reader = _isClosed || (Answer.Opened.IsCompleted && IsReduced) ? null : Answer.Log.Open(takesOriginals: false);
            if (reader is null)
                return null;
            _interested++;
        }

        return new FlightClient(this, reader, call, call.Ending);
    }

    /// <summary>Runs the call for the first client and for all that join. Called once.</summary>
    /// <param name="call">The call of the first client.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <param name="elsewhere">Looks for a kept answer before a provider is called; null for no second level.</param>
    /// <param name="landed">Receives the complete answer; null if it cannot be kept. Called before any client has read its
    /// end.</param>
    public async ValueTask<CallResponse> LeadAsync(
        ModelCall call, CallHandler next, Func<ValueTask<KeptAnswer?>>? elsewhere, Action<KeptAnswer?> landed)
    {
        _call = call;
        // Before the call runs: a client that leaves during it is noticed at once.
        var client = new FlightClient(this, Answer.Log.Open(takesOriginals: true)!, call, call.Aborted);
        call.ShareWork(Ended, _allLeft.Token);
        _ = RunAsync(call, next, elsewhere, landed);
        return (await OpenAsync(client, isFirst: true).ConfigureAwait(false))!;
    }

    /// <summary>Opens the answer for a client that has joined.</summary>
    /// <returns>
    /// The answer, or the shared failure; null if the first call failed for a reason of its own, was reduced by a budget, or passed a guard
    /// unchecked, so that this client may make its own call.
    /// </returns>
    public ValueTask<CallResponse?> FollowAsync(FlightClient client) => OpenAsync(client, isFirst: false);

    /// <summary>The source of the answer; valid once it is open.</summary>
    public AnswerSource Source()
    {
        // A flight around another flight's answer takes the source from there.
        if (Found?.Source is { } found || (found = _call!.Cache?.Source) is not null)
            return found;
        var attempt = _call.Attempt;
        return new AnswerSource
        {
            Provider = attempt?.Deployment.Provider ?? "",
            Model = attempt?.Deployment.Model ?? "",
            Dropped = [.. attempt?.Losses.Fields ?? []],
            Usage = attempt?.Usage ?? default,
        };
    }

    /// <summary>Whether a call asks for the stream of an answer in the background, which its provider completes in any case.</summary>
    public static bool GoesOnWithoutClient(ModelCall call) => call.Envelope is { IsBackground: true, Stream: true };

    internal void Leave()
    {
        lock (_gate)
        {
            if (--_interested > 0 || terms.GoesOnAlone || _ended.Task.IsCompleted)
                return;
            _isClosed = true;
        }

        // After the clients have left, no other target is tried.
        if (IsBilledAnyway())
            _call!.Commit();
        else
            _allLeft.Cancel();
    }

    /// <summary>
    /// Whether other clients would get a different answer: a budget has cut it short or changed its model, or a guard that could not
    /// check it has let it pass. Valid once the answer is open.
    /// </summary>
    private bool IsReduced => !terms.SharesReduced
        && (_call is not { MaxOutput: null, Cheaper: null } || _call.Get(CallMarks.UncheckedBy) is not null);

    /// <summary>Whether leaving it saves nothing: the provider bills its answer to the end, and money is counted.</summary>
    private bool IsBilledAnyway() => _call is { Snapshot.CountsMoney: true, Attempt: { IsSent: true } attempt } call
        && (attempt.Deployment.Policy.Drains || GoesOnWithoutClient(call));

    private async ValueTask<CallResponse?> OpenAsync(FlightClient client, bool isFirst)
    {
        try
        {
            await Answer.Opened.WaitAsync(client.Left).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            client.Leave();
            // If no other client waits, the provider's connection is closed before the client's call ends.
            if (isFirst && IsCut)
                await Ended.ConfigureAwait(false);
            return new FailedResponse(CallError.ClientLeft(e));
        }

        if (!isFirst && IsReduced)
        {
            client.Leave();
            return null;
        }

        switch (Answer.FormOrNone)
        {
            case KeptForm.Bytes:
                return new SharedBytes(this, client, isFirst);
            case KeptForm.Updates:
                return new SharedUpdates(this, client, isFirst);
            case null:
                client.Leave();
                // A client that wishes for less time, or fewer retries, fails earlier than others would.
                return isFirst || (!_isOwn && _call!.Wishes == client.Wishes) ? new FailedResponse(Answer.Error!) : null;
            default:
                client.Leave();
                return isFirst && Answer.Whole is { } whole ? new AnswerResponse(whole)
                    : Answer.Log.IsWhole ? new AnswerResponse(AnswerObjects.ReadAnswer(Answer.Head.Form, Answer.Log.Join(null)))
                    : null;
        }
    }

    private async Task RunAsync(
        ModelCall call, CallHandler next, Func<ValueTask<KeptAnswer?>>? elsewhere, Action<KeptAnswer?> landed)
    {
        CallResponse? source = null;
        try
        {
            // An answer above this node's limit (another node's may be higher) could not be passed on.
            if (elsewhere is not null && await elsewhere().ConfigureAwait(false) is { } found && found.Body.Length <= terms.MaxBytes)
            {
                Found = found;
                await Answer.TakeAsync(found).ConfigureAwait(false);
            }
            else
            {
                source = await next(call).ConfigureAwait(false);
                if (source.Error is null)
                    await Answer.CopyAsync(call, source, _allLeft.Token).ConfigureAwait(false);
                else
                    Answer.Fail(source.Error);
            }
        }
        catch (Exception e)
        {
            Answer.Fail(Completion.Failure(call, e).Error);
        }

        // A failure without an attempt is the first client's own (its budget, its limits); so is a call that was ended from outside.
        _isOwn = call.AttemptCount == 0 || call.EndedWith is not null;
        var isComplete = Answer.Error is null && source is { IsComplete: true } && Answer.Log.IsWhole && !IsReduced;
        try
        {
            if (source is not null)
                await source.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (Answer.Error is null)
                Answer.Fail(Completion.Failure(call, e).Error);
        }
        finally
        {
            landed(Found ?? (isComplete && Answer.Error is null ? ToKept(call) : null));
            Answer.Log.End();
            _ended.TrySetResult();
            Answer.Open();
        }
    }

    private KeptAnswer ToKept(ModelCall call) => new(
        Answer.Head,
        Answer.Log.Join(Answer.Head.Form == KeptForm.Updates ? (byte)'\n' : null),
        Source(),
        content,
        call.Time.GetUtcNow(),
        terms.Ttl);
}

/// <summary>How long and up to which size an answer is kept. Immutable.</summary>
/// <param name="Ttl">How long it is valid after its completion.</param>
/// <param name="MaxBytes">The largest answer that is kept, and the most bytes that are held while one arrives.</param>
/// <param name="GoesOnAlone">Whether the call continues after all its clients have left.</param>
/// <param name="SharesReduced">Whether an answer is kept and shared that a budget has cut short or sent to a cheaper model, or that a guard
/// has let pass unchecked.</param>
internal sealed record FlightTerms(TimeSpan Ttl, long MaxBytes, bool GoesOnAlone, bool SharesReduced = false);

using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Limits;
using Switchyard.Pipeline;

namespace Switchyard.Caching;

/// <summary>
/// One call with one answer for several clients: the first client, and those that sent the same request while it ran. The answer is copied
/// into a log as it arrives, and each client reads that log at its own pace. The call ends with its answer, or when the last client has
/// left; a client that leaves, even the first, does not disturb the others. Thread-safe.
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
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _interested = 1;
    private bool _isClosed;
    private AnswerHead? _head;
    private long? _contentLength;
    private CanonicalAnswer? _whole;
    private CallError? _error;
    private bool _errorWasSent;
    private bool _isOwn;
    private ModelCall? _call;

    /// <summary>The hash of the request.</summary>
    public AnswerKey Content => content;

    /// <summary>The answer, as it arrives.</summary>
    public AnswerLog Log { get; } = new(terms.MaxBytes, time);

    /// <summary>The head of the answer, once it is open.</summary>
    public AnswerHead Head => _head!;

    /// <summary>The length of the answer in bytes; null if unknown.</summary>
    public long? ContentLength => _head!.IsStream ? null : Log is { IsEnded: true, IsWhole: true } ? Log.Length : _contentLength;

    /// <summary>The error that ended the answer, once it has ended.</summary>
    public CallError? Error => _error;

    /// <summary>Whether the answer itself contains the error.</summary>
    public bool ErrorWasSent => _errorWasSent;

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
            reader = _isClosed || (_opened.Task.IsCompleted && IsReduced) ? null : Log.Open(takesOriginals: false);
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
        var client = new FlightClient(this, Log.Open(takesOriginals: true)!, call, call.Aborted);
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
            await _opened.Task.WaitAsync(client.Left).ConfigureAwait(false);
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

        switch (_head?.Form)
        {
            case KeptForm.Bytes:
                return new SharedBytes(this, client, isFirst);
            case KeptForm.Updates:
                return new SharedUpdates(this, client, isFirst);
            case null:
                client.Leave();
                // A client that wishes for less time, or fewer retries, fails earlier than others would.
                return isFirst || (!_isOwn && _call!.Wishes == client.Wishes) ? new FailedResponse(_error!) : null;
            default:
                client.Leave();
                return isFirst && _whole is not null ? new AnswerResponse(_whole)
                    : Log.IsWhole ? new AnswerResponse(AnswerObjects.ReadAnswer(_head.Form, Log.Join(null)))
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
                await TakeAsync(found).ConfigureAwait(false);
            }
            else
            {
                source = await next(call).ConfigureAwait(false);
                if (source.Error is null)
                    await CopyAsync(call, source).ConfigureAwait(false);
                else
                    _error = source.Error;
            }
        }
        catch (Exception e)
        {
            _error = Completion.Failure(call, e).Error;
        }

        // A failure without an attempt is the first client's own (its budget, its limits); so is a call that was ended from outside.
        _isOwn = call.AttemptCount == 0 || call.EndedWith is not null;
        var isComplete = _error is null && source is { IsComplete: true } && Log.IsWhole && !IsReduced;
        try
        {
            if (source is not null)
                await source.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _error ??= Completion.Failure(call, e).Error;
        }
        finally
        {
            landed(Found ?? (isComplete && _error is null ? ToKept(call) : null));
            Log.End();
            _ended.TrySetResult();
            _opened.TrySetResult();
        }
    }

    private async ValueTask TakeAsync(KeptAnswer found)
    {
        (Found, _head) = (found, found.Head);
        foreach (var line in found.Lines())
            await Log.AppendAsync(new(line), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Copies an answer into the log, piece by piece. The answer is open once a piece must be waited for.</summary>
    private ValueTask CopyAsync(ModelCall call, CallResponse source) => source switch
    {
        ForwardedResponse forwarded => CopyBytesAsync(call, forwarded),
        UpdatesResponse updates when dialect is null => CopyObjectsAsync(call, updates),
        UpdatesResponse updates => CopyEncodedAsync(call, updates, dialect!),
        AnswerResponse answer => CopyWholeAsync(call, answer),
        _ => throw new InvalidOperationException($"No way to share a {source.GetType().Name}."),
    };

    private async ValueTask CopyBytesAsync(ModelCall call, ForwardedResponse source)
    {
        _contentLength = source.ContentLength;
        _head = new(KeptForm.Bytes, source.Status, source.ContentType, source.IsStream);
        while (true)
        {
            var read = source.ReadAsync();
            if (!read.IsCompleted)
                Open(call);
            if (await read.ConfigureAwait(false) is not { IsEmpty: false } bytes)
                break;
            await AppendAsync(call, new(bytes.ToArray())).ConfigureAwait(false);
        }

        (_error, _errorWasSent) = (source.Error, source.ErrorWasSent);
    }

    private async ValueTask CopyEncodedAsync(ModelCall call, UpdatesResponse source, IIngressDialect own)
    {
        // If heartbeats may have begun a stream, its headers may be sent already.
        var encoder = new AnswerEncoder(call, own, headersAreSent: call.Snapshot.Section(Heartbeats.Section) is not null);
        _head = new(KeptForm.Bytes, 200, encoder.StreamContentType, IsStream: true);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        while (true)
        {
            var read = source.ReadAsync();
            if (!read.IsCompleted)
                Open(call);
            if (await read.ConfigureAwait(false) is not { } update)
                break;
            encoder.Encode(update, output);
            await FlushAsync().ConfigureAwait(false);
        }

        if (source.Error is { Kind: CallErrorKind.Canceled } canceled)
        {
            _error = canceled;
            return;
        }

        encoder.End(source, output);
        await encoder.KeepAsync().ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
        (_error, _errorWasSent) = (source.Error, source.Error is not null);

        ValueTask FlushAsync()
        {
            if (output.WrittenCount == 0)
                return ValueTask.CompletedTask;
            var piece = new Piece(output.WrittenSpan.ToArray());
            output.ResetWrittenCount();
            return AppendAsync(call, piece);
        }
    }

    private async ValueTask CopyObjectsAsync(ModelCall call, UpdatesResponse source)
    {
        _head = new(KeptForm.Updates, IsStream: true);
        while (true)
        {
            var read = source.ReadAsync();
            if (!read.IsCompleted)
                Open(call);
            if (await read.ConfigureAwait(false) is not { } update)
                break;
            // Written now, because the client that gets the object may change it.
            var json = AnswerObjects.TryWrite(update);
            await AppendAsync(call, new(json, update, IsOpaque: json is null)).ConfigureAwait(false);
        }

        _error = source.Error;
    }

    private async ValueTask CopyWholeAsync(ModelCall call, AnswerResponse source)
    {
        if (dialect is null)
        {
            _whole = source.Answer;
            var written = AnswerObjects.TryWrite(source.Answer);
            _head = new(written?.Form ?? KeptForm.Chat);
            await AppendAsync(call, new(written?.Json, IsOpaque: written is null)).ConfigureAwait(false);
            return;
        }

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var encoder = new AnswerEncoder(call, dialect);
        if (encoder.EncodeAnswer(source.Answer, output) is { } refusal)
        {
            source.Refuse(refusal);
            _error = refusal;
            return;
        }

        await encoder.KeepAsync().ConfigureAwait(false);
        _head = new(KeptForm.Bytes);
        await AppendAsync(call, new(output.WrittenSpan.ToArray())).ConfigureAwait(false);
    }

    private ValueTask AppendAsync(ModelCall call, in Piece piece)
    {
        var appended = Log.AppendAsync(piece, _allLeft.Token);
        // A reader that must make room has to be able to read.
        if (!appended.IsCompleted)
            Open(call);
        return appended;
    }

    private void Open(ModelCall call)
    {
        call.Commit();
        _opened.TrySetResult();
    }

    private KeptAnswer ToKept(ModelCall call) => new(
        _head!, Log.Join(_head!.Form == KeptForm.Updates ? (byte)'\n' : null), Source(), content, call.Time.GetUtcNow(), terms.Ttl);
}

/// <summary>How long and up to which size an answer is kept. Immutable.</summary>
/// <param name="Ttl">How long it is valid after its completion.</param>
/// <param name="MaxBytes">The largest answer that is kept, and the most bytes that are held while one arrives.</param>
/// <param name="GoesOnAlone">Whether the call continues after all its clients have left.</param>
/// <param name="SharesReduced">Whether an answer is kept and shared that a budget has cut short or sent to a cheaper model, or that a guard
/// has let pass unchecked.</param>
internal sealed record FlightTerms(TimeSpan Ttl, long MaxBytes, bool GoesOnAlone, bool SharesReduced = false);

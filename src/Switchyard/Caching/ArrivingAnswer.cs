using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Limits;

namespace Switchyard.Caching;

/// <summary>
/// The answer of one call with several readers: copied into a log as it arrives, in the form that its clients get. One thread at a time
/// writes it; it may be read by any once it is open.
/// </summary>
/// <param name="dialect">The clients' dialect; null for callers in this process.</param>
/// <param name="maxBytes">The most bytes that are held.</param>
/// <param name="time">The clock.</param>
internal sealed class ArrivingAnswer(IIngressDialect? dialect, long maxBytes, TimeProvider time)
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AnswerHead? _head;
    private long? _contentLength;
    private ModelCall? _call;
    private CancellationToken _allLeft;

    /// <summary>The pieces.</summary>
    public AnswerLog Log { get; } = new(maxBytes, time);

    /// <summary>Completes when the answer is open, or has failed before that.</summary>
    public Task Opened => _opened.Task;

    /// <summary>The head of the answer, once it is open.</summary>
    public AnswerHead Head => _head!;

    /// <summary>The form of the answer; null if it failed before it was open.</summary>
    public KeptForm? FormOrNone => _head?.Form;

    /// <summary>The length of the answer in bytes; null if unknown.</summary>
    public long? ContentLength => _head!.IsStream ? null : Log is { IsEnded: true, IsWhole: true } ? Log.Length : _contentLength;

    /// <summary>The object of a whole answer, which only the first caller may get; null for others.</summary>
    public CanonicalAnswer? Whole { get; private set; }

    /// <summary>The error that ended the answer, once it has ended.</summary>
    public CallError? Error { get; private set; }

    /// <summary>Whether the answer itself contains the error.</summary>
    public bool ErrorWasSent { get; private set; }

    /// <summary>Opens the answer for its clients. Further calls do nothing.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Records the error that ended it.</summary>
    public void Fail(CallError? error) => Error = error;

    /// <summary>Takes a kept answer.</summary>
    public async ValueTask TakeAsync(KeptAnswer found)
    {
        _head = found.Head;
        foreach (var line in found.Lines())
            await Log.AppendAsync(new(line), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Copies an answer into the log, piece by piece. The answer is open once a piece must be waited for.</summary>
    /// <param name="call">The call that it answers, committed when it is open.</param>
    /// <param name="source">The answer.</param>
    /// <param name="allLeft">Cancelled when no client waits for it any more.</param>
    public ValueTask CopyAsync(ModelCall call, CallResponse source, CancellationToken allLeft)
    {
        (_call, _allLeft) = (call, allLeft);
        return source switch
        {
            ForwardedResponse forwarded => CopyBytesAsync(forwarded),
            UpdatesResponse updates when dialect is null => CopyObjectsAsync(updates),
            UpdatesResponse updates => CopyEncodedAsync(call, updates, dialect!),
            AnswerResponse answer => CopyWholeAsync(call, answer),
            _ => throw new InvalidOperationException($"No way to share a {source.GetType().Name}."),
        };
    }

    private async ValueTask CopyBytesAsync(ForwardedResponse source)
    {
        _contentLength = source.ContentLength;
        _head = new(KeptForm.Bytes, source.Status, source.ContentType, source.IsStream);
        while (true)
        {
            if (await Opening(source.ReadAsync()).ConfigureAwait(false) is not { IsEmpty: false } bytes)
                break;
            await AppendAsync(new(bytes.ToArray())).ConfigureAwait(false);
        }

        (Error, ErrorWasSent) = (source.Error, source.ErrorWasSent);
    }

    private async ValueTask CopyEncodedAsync(ModelCall call, UpdatesResponse source, IIngressDialect own)
    {
        // If heartbeats may have begun a stream, its headers may be sent already.
        var encoder = new AnswerEncoder(call, own, headersAreSent: call.Snapshot.Section(Heartbeats.Section) is not null);
        _head = new(KeptForm.Bytes, 200, encoder.StreamContentType, IsStream: true);
        var output = new ArrayBufferWriter<byte>();
        while (true)
        {
            if (await Opening(source.ReadAsync()).ConfigureAwait(false) is not { } update)
                break;
            encoder.Encode(update, output);
            await FlushAsync().ConfigureAwait(false);
        }

        if (source.Error is { Kind: CallErrorKind.Canceled } canceled)
        {
            Error = canceled;
            return;
        }

        encoder.End(source, output);
        await encoder.KeepAsync().ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
        (Error, ErrorWasSent) = (source.Error, source.Error is not null);

        ValueTask FlushAsync()
        {
            if (output.WrittenCount == 0)
                return ValueTask.CompletedTask;
            var piece = new Piece(output.WrittenSpan.ToArray());
            output.ResetWrittenCount();
            return AppendAsync(piece);
        }
    }

    private async ValueTask CopyObjectsAsync(UpdatesResponse source)
    {
        _head = new(KeptForm.Updates, IsStream: true);
        while (true)
        {
            if (await Opening(source.ReadAsync()).ConfigureAwait(false) is not { } update)
                break;
            // Written now, because the client that gets the object may change it.
            var json = AnswerObjects.TryWrite(update);
            await AppendAsync(new(json, update, IsOpaque: json is null)).ConfigureAwait(false);
        }

        Error = source.Error;
    }

    private async ValueTask CopyWholeAsync(ModelCall call, AnswerResponse source)
    {
        if (dialect is null)
        {
            Whole = source.Answer;
            var written = AnswerObjects.TryWrite(source.Answer);
            _head = new(written?.Form ?? KeptForm.Chat);
            await AppendAsync(new(written?.Json, IsOpaque: written is null)).ConfigureAwait(false);
            return;
        }

        var output = new ArrayBufferWriter<byte>();
        var encoder = new AnswerEncoder(call, dialect);
        if (encoder.EncodeAnswer(source.Answer, output) is { } refusal)
        {
            source.Refuse(refusal);
            Error = refusal;
            return;
        }

        await encoder.KeepAsync().ConfigureAwait(false);
        _head = new(KeptForm.Bytes);
        await AppendAsync(new(output.WrittenSpan.ToArray())).ConfigureAwait(false);
    }

    private ValueTask AppendAsync(in Piece piece)
    {
        var appended = Log.AppendAsync(piece, _allLeft);
        // A reader that must make room has to be able to read.
        if (!appended.IsCompleted)
            Commit();
        return appended;
    }

    /// <summary>A read of the source; if it must be waited for, clients get what there is.</summary>
    private ValueTask<T> Opening<T>(ValueTask<T> read)
    {
        if (!read.IsCompleted)
            Commit();
        return read;
    }

    /// <summary>Opens the answer before its end: from now on its call cannot go to another target.</summary>
    private void Commit()
    {
        _call!.Commit();
        Open();
    }
}

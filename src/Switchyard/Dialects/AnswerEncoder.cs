using System.Buffers;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>
/// Writes a decoded answer of one call in its client's dialect: whole, or update by update. What the format cannot hold is reported or, in
/// strict mode, refused; if another target continues a stream, a comment marks it. Not thread-safe: one encoder belongs to one answer.
/// </summary>
public sealed class AnswerEncoder
{
    private readonly ModelCall _call;
    private readonly IIngressDialect _dialect;
    private readonly AnswerContext _context;
    private readonly int _known;
    private IStreamEncoder? _stream;
    private Attempt? _answering;

    /// <summary>Creates the encoder of an open answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="dialect">Its client's dialect.</param>
    /// <param name="headersAreSent">See <see cref="AnswerContext.HeadersAreSent"/>.</param>
    public AnswerEncoder(ModelCall call, IIngressDialect dialect, bool headersAreSent = false)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(dialect);
        _call = call;
        _dialect = dialect;
        _context = ContextOf(call) with { HeadersAreSent = headersAreSent };
        _known = _context.Losses.Fields.Count;
        _answering = call.Attempt;
    }

    /// <summary>The content type of a stream.</summary>
    public string StreamContentType => _dialect.StreamContentTypeFor(_context);

    private static AnswerContext ContextOf(ModelCall call)
    {
        var canonical = call.Body.GetCanonical();
        return new()
        {
            Operation = call.Envelope.Operation,
            Model = call.Get(CallMarks.AnswerModel) ?? call.Attempt?.Deployment.Model ?? call.Envelope.Model,
            Created = call.Time.GetUtcNow() - call.Elapsed,
            IncludeUsage = call.Envelope.IncludeUsage,
            Provider = call.Attempt?.Deployment.Provider ?? "",
            RequestId = call.Id,
            Losses = call.Attempt?.Losses ?? new(),
            FailedBefore = FailedAttempt.Of(call),
            AnswerForm = call.Envelope.AnswerForm,
            Request = canonical,
            Kept = call.Get(CallMarks.StoredTurn),
            Base64Embeddings = canonical is CanonicalEmbeddingRequest { Base64: true },
        };
    }

    /// <summary>Writes a whole answer.</summary>
    /// <returns>The error that the client gets in its place, in strict mode; null otherwise.</returns>
    public CallError? EncodeAnswer(CanonicalAnswer answer, IBufferWriter<byte> output)
    {
        _dialect.EncodeAnswer(answer, _context, output);
        return Refusal();
    }

    /// <summary>
    /// Keeps the answer if its client may continue from it (<c>responses.store</c>). Await it when the whole answer is written and before
    /// its end is sent: a client that has read the end may continue at once. Never throws.
    /// </summary>
    public ValueTask KeepAsync() => _context.Kept?.SaveAsync() ?? ValueTask.CompletedTask;

    /// <summary>Writes the next update of a stream.</summary>
    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        _stream ??= _dialect.CreateStreamEncoder(_context);
        if (_call.Attempt is { } attempt && attempt != _answering)
            SayContinued(_answering = attempt, output);
        _stream.Encode(update, output);
    }

    /// <summary>
    /// Writes the end of a stream that has been read: its terminator, or its one error event. In strict mode what the format could not hold
    /// is that error: a stream ends with it rather than breaking off at the first loss, because what the provider counts then is known, and
    /// it would be billed anyway.
    /// </summary>
    public void End(UpdatesResponse updates, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(updates);
        _stream ??= _dialect.CreateStreamEncoder(_context);
        if (updates.Error is null && Refusal() is { } refusal)
            updates.Refuse(refusal);
        if (updates.Error is { } error)
            _stream.Fail(error, output);
        else
            _stream.Complete(output);
    }

    /// <summary>Writes a comment that another target continues the stream, if the format's clients ignore comments.</summary>
    private void SayContinued(Attempt attempt, IBufferWriter<byte> output)
    {
        if (_dialect.HeartbeatFor(_context).IsEmpty)
            return;
        var target = Encoding.ASCII.GetBytes($": switchyard-continued {attempt.Deployment}\n");
        // A model's name may hold anything: GetBytes made '?' of what is not ASCII, and a line break would end the comment.
        foreach (ref var letter in target.AsSpan(0, target.Length - 1))
            letter = letter is >= (byte)' ' and <= (byte)'~' ? letter : (byte)'?';
        output.Write(target);
    }

    /// <summary>The error in strict mode for an answer that the client's format cannot hold; null otherwise.</summary>
    private CallError? Refusal()
    {
        var losses = _context.Losses;
        if (!_call.Strict || losses.Fields.Count == _known)
            return null;
        var lost = losses.Fields.Skip(_known);
        return new CallError(
            CallErrorKind.InvalidRequest,
            $"The answer holds {string.Join(", ", lost)}, which an answer in the format {_dialect.Id} has no place for. "
                + "Turn strict off, or ask in a format that can hold it.");
    }
}

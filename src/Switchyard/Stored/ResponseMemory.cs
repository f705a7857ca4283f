using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Limits;
using Switchyard.Pipeline;

namespace Switchyard.Stored;

/// <summary>
/// The memory of <c>responses.store</c>: a step that replaces an answer's id by its conversation, and a reference by its item, so that any
/// model can continue it, and records what to store of the call. A request without ids of this gateway passes unchanged, and a forwarded
/// answer is stored by its provider. A section of the snapshot; absent if nothing is stored. Thread-safe.
/// </summary>
/// <param name="store">Stores the answers.</param>
/// <param name="dialect">The format whose answers are stored.</param>
/// <param name="keep">The retention time.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what could not be stored.</param>
internal sealed partial class ResponseMemory(
    IResponseStore store, IIngressDialect dialect, TimeSpan keep, TimeProvider time, ILogger logger) : ICallMiddleware
{
    public static readonly SectionKey<ResponseMemory> Section = new();

    /// <summary>The prefix of ids created here; other ids are not looked up.</summary>
    private const string Prefix = "resp_sy";

    /// <summary>A longer conversation could not be sent by any client.</summary>
    private const int MostTurns = 1000;

    /// <summary>Whether an answer of this id may be stored here.</summary>
    public static bool IsOurs(string? id) => id?.StartsWith(Prefix, StringComparison.Ordinal) is true;

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        call.ClientDialect == dialect.Id && call.Envelope.Operation is CallOperation.Chat or CallOperation.Compaction
        && call.Body.Wire is { } wire
            ? RememberAsync(call, wire, next)
            : next(call);

    /// <summary>Returns the answer stored under an id, or removes it.</summary>
    public async ValueTask<CallResponse> AnswerAsync(ModelCall call, StoredRequest request)
    {
        var chain = await FindAsync(call, request.Id!, request.Action == StoredAction.Inputs ? MostTurns : 1).ConfigureAwait(false);
        if (chain.Count == 0)
            return new FailedResponse(StoredErrors.NotFound(request.Kind, request.Id!).Error);
        switch (request.Action)
        {
            case StoredAction.Get when request.Query.Any(pair => pair is { Key: "stream", Value: "true" }):
                return Refuse("An answer that this gateway keeps cannot be streamed: leave 'stream' out.", "stream");
            case StoredAction.Get:
                return new StoredAnswer(Keeper, 200, chain[0].Answer);
            case StoredAction.Inputs:
                return new StoredAnswer(Keeper, 200, KeptItems.List(chain, request.Query));
            case StoredAction.Delete:
                await AskAsync(() => store.RemoveAsync(request.Id!, CancellationToken.None)).ConfigureAwait(false);
                return new StoredAnswer(Keeper, 200, KeptItems.Deleted(request.Id!));
            default:
                return Refuse("Only an answer that is made in the background can be cancelled, and this one is complete.", "id");
        }
    }

    private const string Keeper = "switchyard";

    private async ValueTask<CallResponse> RememberAsync(ModelCall call, PooledBytes wire, CallHandler next)
    {
        try
        {
            var asked = KeptItems.Read(wire.Memory);
            IReadOnlyList<KeptResponse> chain = [];
            if (call.Envelope.ContinuedId is { } previous && IsOurs(previous))
            {
                chain = await FindAsync(call, previous, MostTurns + 1).ConfigureAwait(false);
                if (chain.Count is 0 or > MostTurns || chain[^1].Previous is not null)
                    return new FailedResponse(Unknown(previous, chain.Count));
            }

            var resolved = await ResolveAsync(call, asked.Root).ConfigureAwait(false);
            if (resolved is not null)
                asked = asked with { Input = resolved };
            if (chain.Count > 0 || resolved is not null)
                Replace(call, KeptItems.Expand(asked, chain));

            // A compacted conversation is kept by the client.
            if (call.Envelope.Operation == CallOperation.Chat && asked is { Store: true, Conversation: false, Input: { } input })
            {
                var id = $"{Prefix}{Guid.CreateVersion7(call.Time.GetUtcNow()):N}";
                var goesOn = chain.Count == 0 ? null : asked.Previous;
                if (goesOn is not null || asked.Previous is null)
                    call.Set(CallMarks.StoredTurn, new StoredTurn(id, goesOn, answer => SaveAsync(call, id, goesOn, input, answer)));
            }
        }
        catch (CallException e)
        {
            return new FailedResponse(e.Error);
        }

        return await next(call).ConfigureAwait(false);
    }

    /// <summary>
    /// The input of a request with references replaced by their items; null if none refers to an answer stored here. Each answer is looked
    /// up once.
    /// </summary>
    private async Task<byte[]?> ResolveAsync(ModelCall call, JsonElement request)
    {
        var references = ItemReferences.Find(request);
        if (references.Count == 0)
            return null;
        var answers = references.GroupBy(reference => reference.Answer, StringComparer.Ordinal).ToList();
        if (answers.Count > MostTurns)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, $"The input refers to items of more than {MostTurns} answers. Begin a new conversation.",
                "input");
        }

        var items = new Dictionary<int, JsonElement>();
        var length = 0L;
        foreach (var answer in answers)
        {
            var kept = await FindAsync(call, answer.Key, 1).ConfigureAwait(false);
            Dictionary<string, JsonElement> given = kept.Count == 0 ? [] : ItemReferences.ItemsOf(kept[0]);
            foreach (var reference in answer)
            {
                if (!given.TryGetValue(reference.Id, out var item))
                    throw new CallException(Unknown(reference));
                items[reference.Place] = item;
                length += JsonMarshal.GetRawUtf8Value(item).Length;
            }

            // Checked before writing: a short reference may expand to a long item, and many may refer to the same one.
            RefuseTooLong(call, length);
        }

        return ItemReferences.Replace(request, items);
    }

    private static void RefuseTooLong(ModelCall call, long length)
    {
        if (call.Snapshot.Section(RequestLimits.Section) is not { } limits || length <= limits.MaxBodyBytes)
            return;
        throw new CallException(
            CallErrorKind.RequestTooLarge,
            $"With the conversation it continues, the request is {length:N0} bytes long, and {limits.MaxBodyBytes:N0} are "
                + "allowed (server.max_body). Begin a new conversation.",
            IsOurs(call.Envelope.ContinuedId) ? "previous_response_id" : "input");
    }

    private void Replace(ModelCall call, byte[] json)
    {
        RefuseTooLong(call, json.Length);
        var bytes = PooledBytes.Owned(json);
        var envelope = dialect.ReadEnvelope(new IngressRequest(call.Envelope.Operation), json) with
        {
            // A value from a header is not in the body.
            LengthErrorInStream = call.Envelope.LengthErrorInStream,
        };
        var body = CallBody.FromWire(dialect, envelope, bytes);
        bytes.Release();
        call.ReplaceRequest(envelope, body);
    }

    private async Task<IReadOnlyList<KeptResponse>> FindAsync(ModelCall call, string id, int most)
    {
        var chain = await AskAsync(() => store.ChainAsync(id, time.GetUtcNow() - keep, most, call.Ending)).ConfigureAwait(false);
        // An answer of another holder counts as missing; the answers it continues have the same holder.
        return chain.Count > 0 && chain[0].Holder == call.Caller.Holder ? chain : [];
    }

    private async ValueTask SaveAsync(ModelCall call, string id, string? previous, ReadOnlyMemory<byte> input, ReadOnlyMemory<byte> answer)
    {
        try
        {
            var now = time.GetUtcNow();
            // A complete answer is stored even if its client has left meanwhile.
            var response = new KeptResponse
            {
                Id = id,
                Holder = call.Caller.Holder,
                Previous = previous,
                Input = input,
                Answer = answer,
                At = now,
            };
            await store.AddAsync(response, now - keep, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotKept(call.Id, e.Message);
        }
    }

    private static CallError Unknown(string id, int turns) => new(
        CallErrorKind.InvalidRequest,
        turns > MostTurns
            ? $"The conversation behind '{Sanitizer.Clean(id)}' has more than {MostTurns} turns. Begin a new one."
            : $"No answer '{Sanitizer.Clean(id)}' of yours is kept, or one that it continues has been deleted. Continue from one that was "
                + "returned to the same key or tenant, or send the whole conversation.")
    {
        Code = "previous_response_not_found",
        Param = "previous_response_id",
    };

    private static CallError Unknown(ItemReferences.Reference reference) => new(
        CallErrorKind.InvalidRequest,
        $"No item '{Sanitizer.Clean(reference.Id)}' of an answer of yours is kept, or its answer has been deleted. Refer to one that was "
            + "returned to the same key or tenant, or send the item itself.")
    {
        Code = "previous_response_not_found",
        Param = $"input[{reference.Place}].id",
    };

    private static FailedResponse Refuse(string message, string param) =>
        new(new CallError(CallErrorKind.InvalidRequest, message) { Param = param });

    private static Task<T> AskAsync<T>(Func<Task<T>> ask) => StoreAccess.AskAsync(ask, StoredErrors.ResponsesAway);

    private static Task AskAsync(Func<Task> ask) => StoreAccess.AskAsync(ask, StoredErrors.ResponsesAway);

    [LoggerMessage(1, LogLevel.Error, "The answer to call {RequestId} could not be kept, so no request can continue from it: {Reason}")]
    private partial void LogNotKept(string requestId, string reason);
}

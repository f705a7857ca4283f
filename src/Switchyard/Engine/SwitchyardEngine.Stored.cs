using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Stored;

namespace Switchyard.Engine;

/// <content>Requests about objects that providers store: answers, files, batches.</content>
public sealed partial class SwitchyardEngine
{
    private readonly StoredObjects _stored;
    private readonly BackgroundCollector _collector;

    /// <summary>
    /// Requests an object that a provider stores. Returns when its answer is open, or a failed answer; a failure is not thrown. Dispose the
    /// answer: that ends the call.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="aborted">Cancelled when the client disconnects.</param>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    /// <exception cref="ArgumentException">The operation is another one, or a required id is missing.</exception>
    public ValueTask<CallResponse> RunStoredAsync(StoredRequest request, CancellationToken aborted = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!CallOperations.IsOfStored(request.Kind))
            throw new ArgumentException($"Nothing is kept by the operation {request.Kind}.", nameof(request));
        if (request is { Dialect: var dialect, Kind: not CallOperation.Batch } && dialect != DialectId.OpenAIChat)
            throw new ArgumentException($"The format {dialect} has batches only.", nameof(request));
        var needsId = request.Kind == CallOperation.StoredResponse || request.Action is not (StoredAction.List or StoredAction.Create);
        if (needsId != (request.Id is { Length: > 0 }))
            throw new ArgumentException(needsId ? "An id is needed." : "An id is given out, not taken.", nameof(request));
        var made = new CallRequest(request.ToEnvelope(), CallBody.FromNothing())
        {
            Caller = request.Caller,
            Tenant = request.Tenant,
            Id = request.RequestId,
            Trace = request.Trace,
            Hops = request.Hops,
        };
        var call = new ModelCall(made, request.Snapshot ?? Enter(), holdsSnapshot: request.Snapshot is null, _time, aborted);
        return Completion.RunAsync(call, _pipeline.BuildStored(call.Snapshot, sent => _stored.SendAsync(sent, request)));
    }

    /// <summary>
    /// Reads an answer in the background as its owner, with none of the steps around clients' requests: it counts for no limit.
    /// </summary>
    private async Task CollectAsync(BackgroundRecord answer, CancellationToken cancellationToken)
    {
        var request = new StoredRequest(CallOperation.StoredResponse, StoredAction.Get) { Id = answer.Id };
        var made = new CallRequest(request.ToEnvelope(), CallBody.FromNothing()) { Caller = Caller.OfHolder(answer.Holder) };
        var call = new ModelCall(made, Enter(), holdsSnapshot: true, _time, cancellationToken);
        // It is charged before its end.
        await (await Completion.RunAsync(call, sent => _stored.SendAsync(sent, request)).ConfigureAwait(false)).DisposeAsync()
            .ConfigureAwait(false);
    }
}

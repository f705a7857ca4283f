using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Pipeline;
using Switchyard.Stored;

namespace Switchyard.Engine;

/// <summary>What providers keep: answers, files, batches.</summary>
public sealed partial class SwitchyardEngine
{
    private readonly StoredObjects _stored;

    /// <summary>
    /// Asks for something that a provider keeps. Returns when its answer is open, or a failed answer; a failure is not thrown. Dispose the
    /// answer: that ends the call.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="aborted">Cancelled when the client disconnects.</param>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    /// <exception cref="ArgumentException">It is of another operation, or names no id where there must be one.</exception>
    public ValueTask<CallResponse> RunStoredAsync(StoredRequest request, CancellationToken aborted = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!CallOperations.IsOfStored(request.Kind))
            throw new ArgumentException($"Nothing is kept by the operation {request.Kind}.", nameof(request));
        var needsId = request.Kind == CallOperation.StoredResponse || request.Action is not (StoredAction.List or StoredAction.Create);
        if (needsId != request.Id is { Length: > 0 })
            throw new ArgumentException(needsId ? "An id is needed." : "An id is given out, not taken.", nameof(request));
        var envelope = new CallEnvelope { Operation = request.Kind, Model = $"/v1{request.Root}" };
        var made = new CallRequest(envelope, CallBody.FromNothing())
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
}

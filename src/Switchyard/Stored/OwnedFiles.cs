using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Pipeline;

namespace Switchyard.Stored;

/// <summary>
/// The step that refuses requests with the id of another owner's file: all clients share the provider's account, which would read it for
/// them. An id that is unknown here is sent, because the file may have been uploaded without the gateway. In the pipeline only if there are
/// client keys; code that runs in this process is not checked. Thread-safe.
/// </summary>
/// <param name="owners">The owners of files.</param>
internal sealed class OwnedFiles(IStoredOwners owners) : ICallMiddleware
{
    /// <summary>The section of a snapshot. Absent without client keys.</summary>
    public static readonly SectionKey<OwnedFiles> Section = new();

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        call.Body.Wire is { } wire && FileReferences.MayExist(wire.Memory.Span) ? CheckedAsync(call, wire, next) : next(call);

    /// <summary>Checks the files that a body names.</summary>
    /// <param name="call">The call; its caller must own them.</param>
    /// <param name="body">Valid JSON.</param>
    /// <exception cref="CallException">One belongs to another owner; there are too many; or the store of owners is unavailable.</exception>
    public Task CheckAsync(ModelCall call, ReadOnlySpan<byte> body) =>
        FileReferences.MayExist(body) ? CheckAsync(call, FileReferences.Of(body)) : Task.CompletedTask;

    private async ValueTask<CallResponse> CheckedAsync(ModelCall call, PooledBytes wire, CallHandler next)
    {
        try
        {
            await CheckAsync(call, wire.Memory.Span).ConfigureAwait(false);
        }
        catch (CallException e)
        {
            return new FailedResponse(e.Error);
        }

        return await next(call).ConfigureAwait(false);
    }

    private async Task CheckAsync(ModelCall call, HashSet<string> ids)
    {
        foreach (var id in ids)
        {
            var owner = await StoreAccess.AskAsync(() => owners.FindAsync(id, call.Ending), StoredErrors.StoreAway).ConfigureAwait(false);
            if (owner is not null && owner.Holder != call.Caller.Holder)
                throw StoredErrors.NotFound(CallOperation.File, id, "file_id");
        }
    }
}

using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Stored;

/// <summary>Records who owns which file and batch. Thread-safe.</summary>
/// <param name="owners">The owners.</param>
/// <param name="charges">Records the usage of batches, by marks among the owners.</param>
internal sealed class OwnerNotes(IStoredOwners owners, BatchCharges charges)
{
    /// <summary>The ids of the caller's objects of a kind, at the provider of a request.</summary>
    public Task<IReadOnlySet<string>> ListAsync(ModelCall call, string kind, StoredExchange exchange) =>
        AskAsync(() => owners.ListAsync(kind, exchange.Provider, call.Caller.Holder, exchange.Token));

    /// <summary>Records the owner of a created object, and of the files that a batch has written.</summary>
    public async Task NoteAsync(ModelCall call, StoredRequest request, StoredExchange exchange, ReadOnlyMemory<byte> body)
    {
        if (request.Action == StoredAction.Delete)
        {
            await AskAsync(() => owners.RemoveAsync(request.Id!, CancellationToken.None)).ConfigureAwait(false);
            if (charges.IsOn)
                await AskAsync(() => owners.RemoveAsync(BatchCharges.OutputId(request.Id!), CancellationToken.None)).ConfigureAwait(false);
            return;
        }

        string id;
        List<(string Id, bool IsOutput)> files;
        try
        {
            id = request.Id ?? StoredJson.Text(body.Span, "id"u8) ?? throw new JsonException("It has no id.");
            files = request.Kind == CallOperation.Batch ? FilesOf(body) : [];
        }
        catch (JsonException e)
        {
            throw new CallException(exchange.Malformed("answered with something that is not a JSON object with an id") with { Cause = e });
        }

        if (request.Action == StoredAction.Create && id.Length > 0)
        {
            // The batch's mark is written first: a readable batch must have it.
            if (charges.IsOn && request.Kind == CallOperation.Batch)
                await AddAsync(request.Kind, id, BatchCharges.BegunBy(call, exchange, id)).ConfigureAwait(false);
            var kind = StoredFormat.Of(request).KindOf(request.Kind);
            await AddAsync(request.Kind, id, exchange.OwnerOf(kind, id, call.Caller.Holder)).ConfigureAwait(false);
        }

        foreach (var file in files)
            await NoteFileAsync(call, exchange, id, file).ConfigureAwait(false);
    }

    /// <summary>
    /// Records the owners of the files that the batches of a list have written: the batches' owners. Known files are skipped.
    /// </summary>
    public async Task NoteFilesAsync(ModelCall call, StoredExchange exchange, StoredPage batches)
    {
        var written = batches.Items.SelectMany(batch => FilesOf(batch.Json).Select(file => (Batch: batch.Id, File: file))).ToList();
        if (written.Count == 0)
            return;
        var known = await ListAsync(call, CallOperations.DataName(CallOperation.File), exchange).ConfigureAwait(false);
        foreach (var (batch, file) in written)
        {
            if (!known.Contains(file.Id))
                await NoteFileAsync(call, exchange, batch, file).ConfigureAwait(false);
        }
    }

    /// <summary>Records a file that a batch has written: first the output mark, if needed, and then the owner.</summary>
    private async Task NoteFileAsync(ModelCall call, StoredExchange exchange, string batch, (string Id, bool IsOutput) file)
    {
        if (charges.IsOn && file.IsOutput)
            await AddAsync(CallOperation.File, file.Id, BatchCharges.OutputOf(exchange, batch, file.Id)).ConfigureAwait(false);
        var kind = CallOperations.DataName(CallOperation.File);
        await AddAsync(CallOperation.File, file.Id, exchange.OwnerOf(kind, file.Id, call.Caller.Holder)).ConfigureAwait(false);
    }

    private async Task AddAsync(CallOperation kind, string id, StoredOwner owner)
    {
        try
        {
            // The owner is recorded even if the client has left meanwhile.
            await owners.AddAsync(owner, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw StoredErrors.NotWritten(kind, id, owner.Provider, e);
        }
    }

    /// <summary>The files that a batch has written: its output, and its errors.</summary>
    private static List<(string Id, bool IsOutput)> FilesOf(ReadOnlyMemory<byte> batch)
    {
        List<(string, bool)> files = [];
        if (StoredJson.Text(batch.Span, "output_file_id"u8) is { Length: > 0 } output)
            files.Add((output, true));
        if (StoredJson.Text(batch.Span, "error_file_id"u8) is { Length: > 0 } errors)
            files.Add((errors, false));
        return files;
    }

    private static Task<T> AskAsync<T>(Func<Task<T>> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);

    private static Task AskAsync(Func<Task> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);
}

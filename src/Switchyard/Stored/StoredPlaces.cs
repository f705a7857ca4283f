using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;

namespace Switchyard.Stored;

/// <summary>A provider, the account there (null for its first), and the body to send in the place of the client's, if any.</summary>
internal readonly record struct StoredPlace(string Provider, string? Account, ReadOnlyMemory<byte>? Body = null);

/// <summary>Finds where a request about a stored object goes. Thread-safe.</summary>
/// <param name="registry">The providers.</param>
/// <param name="owners">The owners of files and batches.</param>
/// <param name="recall">The owners of answers in the background that another process began, or this one before a restart.</param>
internal sealed class StoredPlaces(ProviderRegistry registry, IStoredOwners owners, OwnerRecall recall)
{
    private const string InputFile = "input_file_id";

    /// <summary>Refuses requests to models, and batches, that name files of other owners.</summary>
    public OwnedFiles Files { get; } = new(owners);

    /// <summary>The destination of a request: the account that stores its object, or the provider that will store it.</summary>
    public async ValueTask<StoredPlace> FindAsync(ModelCall call, StoredRequest request)
    {
        var holder = call.Caller.Holder;
        if (request.Kind == CallOperation.StoredResponse)
        {
            return await recall.FindAsync(call, request.Id!).ConfigureAwait(false) is { } owner && owner.Holder == holder
                ? new(owner.Provider, owner.Account)
                : throw StoredErrors.NotFound(request.Kind, request.Id!);
        }

        var format = StoredFormat.Of(request);
        if (request.Id is { } id)
            return await PlaceOfAsync(format, request.Kind, id, "id", call).ConfigureAwait(false);
        if (request is { Kind: CallOperation.Batch, Action: StoredAction.Create })
        {
            if (!request.IsOfMessages)
            {
                // The input file decides: a batch of one account cannot read another account's file.
                return await PlaceOfAsync(format, CallOperation.File, InputOf(request), InputFile, call).ConfigureAwait(false);
            }

            var serving = ServingOf(call, request);
            if (serving.Count == 0)
                throw StoredErrors.NoProvider(request, null, serving);
            var (provider, body) = await MessageBatches.PlaceAsync(call, request.Json, serving).ConfigureAwait(false);
            await Files.CheckAsync(call, request.Json.Span).ConfigureAwait(false);
            return new(provider, null, body);
        }

        return format.CursorOf(request) is (var param, { } cursor)
            ? await PlaceOfAsync(format, request.Kind, cursor, param, call).ConfigureAwait(false)
            : new(Choose(call, request), null);
    }

    private async Task<StoredPlace> PlaceOfAsync(StoredFormat format, CallOperation kind, string id, string param, ModelCall call)
    {
        var owner = await StoreAccess.AskAsync(() => owners.FindAsync(id, call.Ending), StoredErrors.StoreAway).ConfigureAwait(false);
        return owner is not null && owner.Kind == format.KindOf(kind) && owner.Holder == call.Caller.Holder
            ? new(owner.Provider, owner.Account)
            : throw StoredErrors.NotFound(kind, id, param, format);
    }

    private static string InputOf(StoredRequest request)
    {
        try
        {
            return StoredJson.Text(request.Json.Span, "input_file_id"u8) is { Length: > 0 } id
                ? id
                : throw new CallException(
                    CallErrorKind.InvalidRequest, "A batch needs 'input_file_id', the id of a file uploaded by POST /v1/files.", InputFile);
        }
        catch (JsonException e)
        {
            throw new CallException(new CallError(CallErrorKind.InvalidRequest, "The body is not a JSON object.") { Cause = e });
        }
    }

    /// <summary>The provider that was named, or the only one that serves it.</summary>
    private string Choose(ModelCall call, StoredRequest request)
    {
        var serving = ServingOf(call, request);
        return serving is [var only] ? only : throw StoredErrors.NoProvider(request, null, serving);
    }

    /// <summary>The providers that serve it and speak its format: only the named one, if one was named.</summary>
    private List<string> ServingOf(ModelCall call, StoredRequest request)
    {
        var format = StoredFormat.Of(request);
        // Assumed for a provider that is not created yet.
        var serving = call.Snapshot.Routes.Serving(request.Kind)
            .Where(name => !registry.TryGet(name, out var provider)
                || provider is IHttpProvider http && format.IsSpokenBy(http.Endpoint))
            .ToList();
        if (request.Provider is not { Length: > 0 } named)
            return serving;
        var registered = registry.GetRegisteredName(named);
        return serving.Find(name => string.Equals(name, registered, StringComparison.OrdinalIgnoreCase)) is { } found
            ? [found]
            : throw StoredErrors.NoProvider(request, named, serving);
    }
}

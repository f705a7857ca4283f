using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Identity;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;

namespace Switchyard.Stored;

/// <summary>
/// Objects that providers store for clients: answers, files, batches. A request about one is sent to the account that stores it, only for
/// its owner; an unknown id, or one of another owner, reaches no provider. Thread-safe.
/// </summary>
/// <param name="registry">The providers.</param>
/// <param name="dialects">The dialects, for errors.</param>
/// <param name="owners">The owners of files and batches.</param>
/// <param name="charges">Records the usage of batches.</param>
/// <param name="background">Records the usage of answers that are made in the background.</param>
/// <param name="recall">The owners of answers in the background that another process began, or this one before a restart.</param>
/// <param name="responses">The answers stored by the gateway.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what could not be recorded.</param>
internal sealed class StoredObjects(
    ProviderRegistry registry,
    DialectSet dialects,
    IStoredOwners owners,
    BatchCharges charges,
    BackgroundCharges background,
    OwnerRecall recall,
    IResponseStore responses,
    TimeProvider time,
    ILogger logger)
{
    private const int DescriptionLimit = 1024 * 1024;

    private const int PageLimit = 16 * 1024 * 1024;

    // The maximum for one client's list: an account with mostly other clients' files is not read to its end for each.
    private const int MostPages = 20;

    private const string InputFile = "input_file_id";

    /// <summary>The memory for answers whose provider stores none; null if not configured.</summary>
    public ResponseMemory? MemoryOf(SwitchyardOptions options) => options.Responses.Store
        ? new(responses, dialects.Ingress(DialectId.OpenAIResponses), options.Responses.Keep, time, logger)
        : null;

    /// <summary>Sends a request; the last step of its pipeline. Never throws.</summary>
    public async ValueTask<CallResponse> SendAsync(ModelCall call, StoredRequest request)
    {
        // Models in the body are checked one by one.
        var isOfFile = request is { Kind: CallOperation.Batch, Action: StoredAction.Create } && !IsOfMessages(request);
        if (AccessRules.Refuse(call.Caller, request.Kind, namesModels: isOfFile) is { } refused)
            return new FailedResponse(refused);
        StoredExchange? exchange = null;
        try
        {
            if (request.Kind == CallOperation.StoredResponse && ResponseMemory.IsOurs(request.Id)
                && call.Snapshot.Section(ResponseMemory.Section) is { } memory)
                return await memory.AnswerAsync(call, request).ConfigureAwait(false);
            var place = await FindAsync(call, request).ConfigureAwait(false);
            request = request with { Json = place.Body ?? request.Json };
            if (request is { Kind: CallOperation.Batch, Action: StoredAction.Create }
                && await charges.RefuseAsync(call, place.Provider).ConfigureAwait(false) is { } usedUp)
                return new FailedResponse(usedUp);
            exchange = await OpenAsync(call, request, place).ConfigureAwait(false);
            var answer = await AnswerAsync(call, request, place.Provider, exchange).ConfigureAwait(false);
            exchange = null;
            return answer;
        }
        catch (Exception e) when (exchange is not null)
        {
            var error = exchange.Explain(e);
            exchange.Dispose();
            return new FailedResponse(error);
        }
        catch (CallException e)
        {
            return new FailedResponse(call.Snapshot.Secrets.Redact(e.Error));
        }
        catch (ProviderException e)
        {
            return new FailedResponse(new CallError(
                CallErrorKind.ProviderUnavailable, call.Snapshot.Secrets.Redact(e.Message)) { Cause = e });
        }
    }

    /// <summary>The destination of a request: the account that stores its object, or the provider that will store it.</summary>
    private async ValueTask<Place> FindAsync(ModelCall call, StoredRequest request)
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
            if (!IsOfMessages(request))
            {
                // The input file decides: a batch of one account cannot read another account's file.
                return await PlaceOfAsync(format, CallOperation.File, InputOf(request), InputFile, call).ConfigureAwait(false);
            }

            var serving = ServingOf(call, request);
            if (serving.Count == 0)
                throw StoredErrors.NoProvider(request, null, serving);
            var (provider, body) = await MessageBatches.PlaceAsync(call, request.Json, serving).ConfigureAwait(false);
            return new(provider, null, body);
        }

        return format.CursorOf(request) is (var param, { } cursor)
            ? await PlaceOfAsync(format, request.Kind, cursor, param, call).ConfigureAwait(false)
            : new(Choose(call, request), null);
    }

    private async Task<Place> PlaceOfAsync(StoredFormat format, CallOperation kind, string id, string param, ModelCall call)
    {
        var owner = await AskAsync(() => owners.FindAsync(id, call.Ending)).ConfigureAwait(false);
        return owner is not null && owner.Kind == format.KindOf(kind) && owner.Holder == call.Caller.Holder
            ? new(owner.Provider, owner.Account)
            : throw StoredErrors.NotFound(kind, id, param, format);
    }

    private static bool IsOfMessages(StoredRequest request) => StoredFormat.Of(request) == StoredFormat.Messages;

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

    private async ValueTask<StoredExchange> OpenAsync(ModelCall call, StoredRequest request, Place place)
    {
        var lease = await registry.AcquireAsync(place.Provider, call.Ending).ConfigureAwait(false);
        try
        {
            var format = StoredFormat.Of(request);
            if (lease.Provider is not IHttpProvider http || !format.IsSpokenBy(http.Endpoint))
                throw StoredErrors.NoProvider(request, place.Provider, []);
            var credential = CredentialOf(http.Endpoint, place.Account)
                ?? throw StoredErrors.AccountGone(request.Kind, request.Id ?? "", place.Provider);
            return new StoredExchange(call, lease, http.Endpoint, credential, dialects.Egress(format.Dialect));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The credential of an account. If the provider has only one credential, it is that one: a rotated key has another account name, and a
    /// provider that does not know the id reports that itself.
    /// </summary>
    private static EndpointCredential? CredentialOf(HttpEndpoint endpoint, string? account) =>
        account is null || endpoint.Credentials.Count == 1
            ? endpoint.Credentials[0]
            : endpoint.Credentials.FirstOrDefault(credential => credential.Account == account);

    private async ValueTask<CallResponse> AnswerAsync(ModelCall call, StoredRequest request, string provider, StoredExchange exchange)
    {
        if (request is { Action: StoredAction.List })
            return await ListAsync(call, request, exchange).ConfigureAwait(false);
        using var json = request.Json.IsEmpty ? null : new ReadOnlyMemoryContent(request.Json);
        json?.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        var ofFile = request.Action == StoredAction.Content;
        if (request is { Kind: CallOperation.StoredResponse, Action: StoredAction.Delete })
            await background.ReadBeforeAsync(call, request, provider, exchange).ConfigureAwait(false);
        await exchange.SendAsync(request.Method, PathOf(request), request.Upload ?? json, ofFile).ConfigureAwait(false);
        if (ofFile && await ChargedByAsync(request, exchange).ConfigureAwait(false) is { } batch)
        {
            var output = new BatchOutput(isOfMessages: IsOfMessages(request));
            return new StoredAnswer(exchange, new ChargedDownload(call, output, () => charges.ChargeAsync(call, batch, output)));
        }

        if (request.Kind == CallOperation.StoredResponse)
            return await background.AnswerAsync(call, request, provider, exchange).ConfigureAwait(false);
        if (ofFile)
            return new StoredAnswer(exchange);
        var body = await exchange.ReadWholeAsync(DescriptionLimit).ConfigureAwait(false);
        await NoteAsync(call, request, exchange, body).ConfigureAwait(false);
        if (IsOfMessages(request) && request.Action != StoredAction.Delete)
            body = MessageBatches.WithOwnAddress(body);
        var answer = new StoredAnswer(exchange.Provider, exchange.Status, body);
        exchange.Dispose();
        if (charges.IsOn && request.Kind == CallOperation.Batch && BatchUse.Of(body.Span) is { } use && use.Batch == request.Id)
            charges.Charge(call, [use]);
        return answer;
    }

    /// <summary>The batch whose usage is to be recorded from what is read; null for none.</summary>
    private ValueTask<string?> ChargedByAsync(StoredRequest request, StoredExchange exchange) => IsOfMessages(request)
        ? new(charges.MayOwe(request.Id!) ? request.Id : null)
        : charges.FindBatchAsync(request.Id!, exchange.Token);

    /// <summary>Records the owner of a created object, and of the files that a batch has written.</summary>
    private async Task NoteAsync(ModelCall call, StoredRequest request, StoredExchange exchange, ReadOnlyMemory<byte> body)
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
    private async Task NoteFilesAsync(ModelCall call, StoredExchange exchange, StoredPage batches)
    {
        var written = batches.Items.SelectMany(batch => FilesOf(batch.Json).Select(file => (Batch: batch.Id, File: file))).ToList();
        if (written.Count == 0)
            return;
        var known = await AskAsync(() => owners.ListAsync(
            CallOperations.DataName(CallOperation.File), exchange.Provider, call.Caller.Holder, exchange.Token)).ConfigureAwait(false);
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

    /// <summary>
    /// The caller's objects of the provider's list. Pages are read until the requested number is found, because most objects of an account
    /// may belong to others.
    /// </summary>
    private async ValueTask<CallResponse> ListAsync(ModelCall call, StoredRequest request, StoredExchange exchange)
    {
        var format = StoredFormat.Of(request);
        var most = LimitOf(request);
        var (param, cursor) = format.CursorOf(request);
        var isBackward = param == format.Before;
        var own = await AskAsync(() => owners.ListAsync(
            format.KindOf(request.Kind), exchange.Provider, call.Caller.Holder, exchange.Token)).ConfigureAwait(false);
        List<(string, ReadOnlyMemory<byte>)> found = [];
        var hasMore = own.Count > 0;
        for (var page = 0; hasMore && found.Count <= most && page < MostPages; page++)
        {
            var query = request.Query.Where(pair => pair.Key != param && pair.Key != "limit");
            if (cursor is not null)
                query = query.Append(new(param, cursor));
            query = query.Append(new("limit", format.LengthOf(request.Kind).Most.ToString(CultureInfo.InvariantCulture)));
            await exchange.SendAsync(HttpMethod.Get, PathOf(request with { Query = [.. query] }), null).ConfigureAwait(false);
            StoredPage read;
            try
            {
                read = StoredJson.Page(await exchange.ReadWholeAsync(PageLimit).ConfigureAwait(false));
            }
            catch (JsonException e)
            {
                throw new CallException(exchange.Malformed("answered with something that is not a list") with { Cause = e });
            }

            found.InsertRange(isBackward ? 0 : found.Count, read.Items.Where(item => own.Contains(item.Id)));
            hasMore = read is { HasMore: true, Items.Count: > 0 };
            if (read.Items is [var first, ..] and [.., var last])
                cursor = (isBackward ? first : last).Id;
        }

        var list = new StoredPage([.. isBackward ? found.TakeLast(most) : found.Take(most)], hasMore || found.Count > most);
        if (IsOfMessages(request))
            list = list with { Items = [.. list.Items.Select(item => (item.Id, MessageBatches.WithOwnAddress(item.Json)))] };
        if (request.Kind == CallOperation.Batch)
            await NoteFilesAsync(call, exchange, list).ConfigureAwait(false);
        var answer = new StoredAnswer(exchange.Provider, 200, StoredJson.Write(list, isNamed: !IsOfMessages(request)));
        exchange.Dispose();
        if (charges.IsOn && request.Kind == CallOperation.Batch)
            charges.Charge(call, [.. list.Items.Select(batch => BatchUse.Of(batch.Json.Span)).OfType<BatchUse>()]);
        return answer;
    }

    private static int LimitOf(StoredRequest request)
    {
        var (usual, largest) = StoredFormat.Of(request).LengthOf(request.Kind);
        if (request.Query.FirstOrDefault(pair => pair.Key == "limit").Value is not { } text)
            return usual;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= largest
            ? limit
            : throw new CallException(CallErrorKind.InvalidRequest, $"'limit' must be a number from 1 to {largest}.", "limit");
    }

    private static string PathOf(StoredRequest request) => request.Query.Count == 0
        ? request.Path()
        : $"{request.Path()}?{string.Join('&', request.Query.Select(pair =>
            $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"))}";

    private static Task<T> AskAsync<T>(Func<Task<T>> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);

    private static Task AskAsync(Func<Task> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);

    /// <summary>A provider, the account there (null for its first), and the body to send in the place of the client's, if any.</summary>
    private readonly record struct Place(string Provider, string? Account, ReadOnlyMemory<byte>? Body = null);
}

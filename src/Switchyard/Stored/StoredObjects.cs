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

    private readonly StoredPlaces _places = new(registry, owners, recall);
    private readonly OwnerNotes _notes = new(owners, charges);

    /// <summary>The step that keeps files of other owners out of requests to models.</summary>
    public OwnedFiles Files => _places.Files;

    /// <summary>The memory for answers whose provider stores none; null if not configured.</summary>
    public ResponseMemory? MemoryOf(SwitchyardOptions options) => options.Responses.Store
        ? new(responses, dialects.Ingress(DialectId.OpenAIResponses), options.Responses.Keep, time, logger)
        : null;

    /// <summary>Sends a request; the last step of its pipeline. Never throws.</summary>
    public async ValueTask<CallResponse> SendAsync(ModelCall call, StoredRequest request)
    {
        // Models in the body are checked one by one.
        var isOfFile = request is { Kind: CallOperation.Batch, Action: StoredAction.Create } && !request.IsOfMessages;
        if (AccessRules.Refuse(call.Caller, request.Kind, namesModels: isOfFile) is { } refused)
            return new FailedResponse(refused);
        StoredExchange? exchange = null;
        try
        {
            if (request.Kind == CallOperation.StoredResponse && ResponseMemory.IsOurs(request.Id)
                && call.Snapshot.Section(ResponseMemory.Section) is { } memory)
                return await memory.AnswerAsync(call, request).ConfigureAwait(false);
            var place = await _places.FindAsync(call, request).ConfigureAwait(false);
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

    private async ValueTask<StoredExchange> OpenAsync(ModelCall call, StoredRequest request, StoredPlace place)
    {
        var lease = await registry.AcquireAsync(place.Provider, call.Ending).ConfigureAwait(false);
        try
        {
            var format = StoredFormat.Of(request);
            if (lease.Provider is not IHttpProvider http || !format.IsSpokenBy(http.Endpoint))
                throw StoredErrors.NoProvider(request, place.Provider, []);
            var credential = CredentialOf(http.Endpoint, place.Account)
                ?? throw StoredErrors.AccountGone(request.Kind, request.Id ?? "", place.Provider);
            return new StoredExchange(call, lease, http.Endpoint, credential, dialects.Egress(format.DialectOf(request.Kind)));
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
        // An answer that is charged by what it says is not charged yet: its client gets nothing of it.
        if (request.HeadersOnly && (ofFile || request.Kind == CallOperation.StoredResponse))
            return new StoredAnswer(exchange) { HasBody = false };
        if (ofFile && await ChargedByAsync(request, exchange).ConfigureAwait(false) is { } batch)
        {
            var output = new BatchOutput(isOfMessages: request.IsOfMessages);
            return new StoredAnswer(exchange, new ChargedDownload(call, output, () => charges.ChargeAsync(call, batch, output)));
        }

        if (request.Kind == CallOperation.StoredResponse)
            return await background.AnswerAsync(call, request, provider, exchange).ConfigureAwait(false);
        if (ofFile)
            return new StoredAnswer(exchange);
        var body = await exchange.ReadWholeAsync(DescriptionLimit).ConfigureAwait(false);
        await _notes.NoteAsync(call, request, exchange, body).ConfigureAwait(false);
        if (request.IsOfMessages && request.Action != StoredAction.Delete)
            body = MessageBatches.WithOwnAddress(body);
        var answer = new StoredAnswer(exchange.Provider, exchange.Status, body);
        exchange.Dispose();
        if (charges.IsOn && request.Kind == CallOperation.Batch && BatchUse.Of(body.Span) is { } use && use.Batch == request.Id)
            charges.Charge(call, [use]);
        return answer;
    }

    /// <summary>The batch whose usage is to be recorded from what is read; null for none.</summary>
    private ValueTask<string?> ChargedByAsync(StoredRequest request, StoredExchange exchange) => request.IsOfMessages
        ? new(charges.MayOwe(request.Id!) ? request.Id : null)
        : charges.FindBatchAsync(request.Id!, exchange.Token);

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
        var own = await _notes.ListAsync(call, format.KindOf(request.Kind), exchange).ConfigureAwait(false);
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
        if (request.IsOfMessages)
            list = list with { Items = [.. list.Items.Select(item => (item.Id, MessageBatches.WithOwnAddress(item.Json)))] };
        if (request.Kind == CallOperation.Batch)
            await _notes.NoteFilesAsync(call, exchange, list).ConfigureAwait(false);
        var answer = new StoredAnswer(exchange.Provider, 200, StoredJson.Write(list, isNamed: !request.IsOfMessages));
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
}

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
/// What providers keep for their clients: answers, files, batches. A request about one is sent to the account that keeps it, for whoever
/// made it; an id of nobody here, or of somebody else, reaches no provider. Thread-safe.
/// </summary>
/// <param name="registry">The providers.</param>
/// <param name="dialects">Their errors are read in OpenAI's.</param>
/// <param name="owners">Whose files and batches are whose.</param>
/// <param name="charges">Writes down what batches have used.</param>
/// <param name="responses">Answers that are kept here.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says what could not be kept.</param>
internal sealed class StoredObjects(
    ProviderRegistry registry,
    DialectSet dialects,
    IStoredOwners owners,
    BatchCharges charges,
    IResponseStore responses,
    TimeProvider time,
    ILogger logger)
{
    private const int DescriptionLimit = 1024 * 1024;

    private const int PageLimit = 16 * 1024 * 1024;

    // Of one client's list: an account whose files nearly all belong to others is not read to its end for each.
    private const int MostPages = 20;

    private const string InputFile = "input_file_id";

    /// <summary>The memory for answers whose provider keeps none; null where the configuration has none.</summary>
    public ResponseMemory? MemoryOf(SwitchyardOptions options) => options.Responses.Store
        ? new(responses, dialects.Ingress(DialectId.OpenAIResponses), options.Responses.Keep, time, logger)
        : null;

    /// <summary>Sends a request; the last step of its pipeline. It never throws.</summary>
    public async ValueTask<CallResponse> SendAsync(ModelCall call, StoredRequest request)
    {
        var namesModels = request is { Kind: CallOperation.Batch, Action: StoredAction.Create };
        if (AccessRules.Refuse(call.Caller, request.Kind, namesModels) is { } refused)
            return new FailedResponse(refused);
        StoredExchange? exchange = null;
        try
        {
            if (request.Kind == CallOperation.StoredResponse && ResponseMemory.IsOurs(request.Id)
                && call.Snapshot.Section(ResponseMemory.Section) is { } memory)
                return await memory.AnswerAsync(call, request).ConfigureAwait(false);
            var place = await FindAsync(call, request).ConfigureAwait(false);
            exchange = await OpenAsync(call, request, place).ConfigureAwait(false);
            var answer = await AnswerAsync(call, request, exchange).ConfigureAwait(false);
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

    /// <summary>Where a request goes: the account that keeps what it is about, or the provider that is to keep it.</summary>
    private async ValueTask<Place> FindAsync(ModelCall call, StoredRequest request)
    {
        var holder = call.Caller.Holder;
        if (request.Kind == CallOperation.StoredResponse)
        {
            return call.Snapshot.Section(AnswerOwners.Section)?.Find(request.Id!) is { } owner && owner.Holder == holder
                ? new(owner.Provider, owner.Account)
                : throw StoredErrors.NotFound(request.Kind, request.Id!);
        }

        if (request.Id is { } id)
            return await PlaceOfAsync(request.Kind, id, holder, "id", call).ConfigureAwait(false);
        if (request is { Kind: CallOperation.Batch, Action: StoredAction.Create })
        {
            // The file says where: a batch of one account cannot read another's.
            return await PlaceOfAsync(CallOperation.File, InputOf(request), holder, InputFile, call).ConfigureAwait(false);
        }

        var after = request.Query.FirstOrDefault(pair => pair.Key == "after").Value;
        return after is null
            ? new(Choose(call, request), null)
            : await PlaceOfAsync(request.Kind, after, holder, "after", call).ConfigureAwait(false);
    }

    private async Task<Place> PlaceOfAsync(CallOperation kind, string id, string holder, string param, ModelCall call)
    {
        var owner = await AskAsync(() => owners.FindAsync(id, call.Ending)).ConfigureAwait(false);
        return owner is not null && owner.Kind == CallOperations.DataName(kind) && owner.Holder == holder
            ? new(owner.Provider, owner.Account)
            : throw StoredErrors.NotFound(kind, id, param);
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
        var serving = call.Snapshot.Routes.Serving(request.Kind).Where(SpeaksOpenAI).ToList();
        if (request.Provider is not { Length: > 0 } named)
            return serving is [var only] ? only : throw StoredErrors.NoProvider(request.Kind, null, serving);
        var registered = registry.GetRegisteredName(named);
        return serving.Find(name => string.Equals(name, registered, StringComparison.OrdinalIgnoreCase))
            ?? throw StoredErrors.NoProvider(request.Kind, named, serving);
    }

    /// <summary>Whether a provider speaks a format that has such objects; one that is not built yet may.</summary>
    private bool SpeaksOpenAI(string name) => !registry.TryGet(name, out var provider) || provider is IHttpProvider http && IsOpenAI(http);

    private static bool IsOpenAI(IHttpProvider http) =>
        http.Endpoint.Dialects.Any(dialect => dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses);

    private async ValueTask<StoredExchange> OpenAsync(ModelCall call, StoredRequest request, Place place)
    {
        var lease = await registry.AcquireAsync(place.Provider, call.Ending).ConfigureAwait(false);
        try
        {
            if (lease.Provider is not IHttpProvider http || !IsOpenAI(http))
                throw StoredErrors.NoProvider(request.Kind, place.Provider, []);
            var credential = CredentialOf(http.Endpoint, place.Account)
                ?? throw StoredErrors.AccountGone(request.Kind, request.Id ?? "", place.Provider);
            return new StoredExchange(call, lease, http.Endpoint, credential, dialects.Egress(DialectId.OpenAIChat));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The credential of an account. Where the provider has one credential only, it is that one: a key that was rotated is another name of
    /// the same account, and a provider that does not know the id says so itself.
    /// </summary>
    private static EndpointCredential? CredentialOf(HttpEndpoint endpoint, string? account) =>
        account is null || endpoint.Credentials.Count == 1
            ? endpoint.Credentials[0]
            : endpoint.Credentials.FirstOrDefault(credential => credential.Account == account);

    private async ValueTask<CallResponse> AnswerAsync(ModelCall call, StoredRequest request, StoredExchange exchange)
    {
        if (request is { Action: StoredAction.List })
            return await ListAsync(call, request, exchange).ConfigureAwait(false);
        using var json = request.Json.IsEmpty ? null : new ReadOnlyMemoryContent(request.Json);
        json?.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        var ofFile = request.Action == StoredAction.Content;
        await exchange.SendAsync(request.Method, PathOf(request), request.Upload ?? json, ofFile).ConfigureAwait(false);
        if (ofFile && await charges.FindBatchAsync(request.Id!, exchange.Token).ConfigureAwait(false) is { } batch)
            return new StoredAnswer(exchange, output => charges.Charge(call, batch, output));
        if (ofFile || request.Kind == CallOperation.StoredResponse)
            return new StoredAnswer(exchange);
        var body = await exchange.ReadWholeAsync(DescriptionLimit).ConfigureAwait(false);
        await NoteAsync(call, request, exchange, body).ConfigureAwait(false);
        var answer = new StoredAnswer(exchange.Provider, exchange.Status, body);
        exchange.Dispose();
        if (charges.IsOn && request.Kind == CallOperation.Batch && BatchUse.Of(body.Span) is { } use && use.Batch == request.Id)
            charges.Charge(call, [use]);
        return answer;
    }

    /// <summary>Writes down whose it is: what was made, and the files that a batch has written.</summary>
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
            throw new CallException(exchange.Malformed("answered with something that is no JSON object with an id") with { Cause = e });
        }

        if (request.Action == StoredAction.Create && id.Length > 0)
        {
            // First who has begun it: a batch that can be read must not be without that.
            if (charges.IsOn && request.Kind == CallOperation.Batch)
                await AddAsync(request.Kind, id, BatchCharges.BegunBy(call, exchange, id)).ConfigureAwait(false);
            await AddAsync(request.Kind, id, OwnerOf(call, exchange, request.Kind, id)).ConfigureAwait(false);
        }

        foreach (var file in files)
            await NoteFileAsync(call, exchange, id, file).ConfigureAwait(false);
    }

    /// <summary>
    /// The files that the batches of a list have written belong to whom the batches belong; those known already are left.
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

    /// <summary>A file that a batch has written: first that it is its output, where that matters, and then whose it is.</summary>
    private async Task NoteFileAsync(ModelCall call, StoredExchange exchange, string batch, (string Id, bool IsOutput) file)
    {
        if (charges.IsOn && file.IsOutput)
            await AddAsync(CallOperation.File, file.Id, BatchCharges.OutputOf(call, exchange, batch, file.Id)).ConfigureAwait(false);
        await AddAsync(CallOperation.File, file.Id, OwnerOf(call, exchange, CallOperation.File, file.Id)).ConfigureAwait(false);
    }

    private static StoredOwner OwnerOf(ModelCall call, StoredExchange exchange, CallOperation kind, string id) =>
        new(id, CallOperations.DataName(kind), exchange.Provider, exchange.Account, call.Caller.Holder, call.Time.GetUtcNow());

    private async Task AddAsync(CallOperation kind, string id, StoredOwner owner)
    {
        try
        {
            // What was made stays the client's own although it has left meanwhile.
            await owners.AddAsync(owner, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw StoredErrors.NotWritten(kind, id, owner.Provider, e);
        }
    }

    /// <summary>The files that a batch has written: its output, and what has failed.</summary>
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
    /// The caller's own of the provider's list. Pages are read until as many are found as were asked for, since most of an account's may be
    /// others'.
    /// </summary>
    private async ValueTask<CallResponse> ListAsync(ModelCall call, StoredRequest request, StoredExchange exchange)
    {
        var most = LimitOf(request);
        var own = await AskAsync(() => owners.ListAsync(
            CallOperations.DataName(request.Kind), exchange.Provider, call.Caller.Holder, exchange.Token)).ConfigureAwait(false);
        List<(string, ReadOnlyMemory<byte>)> found = [];
        var hasMore = own.Count > 0;
        var after = request.Query.FirstOrDefault(pair => pair.Key == "after").Value;
        for (var page = 0; hasMore && found.Count <= most && page < MostPages; page++)
        {
            var query = request.Query.Where(pair => pair.Key is not ("after" or "limit"));
            if (after is not null)
                query = query.Append(new("after", after));
            // The largest that OpenAI takes.
            query = query.Append(new("limit", request.Kind == CallOperation.File ? "10000" : "100"));
            await exchange.SendAsync(HttpMethod.Get, PathOf(request with { Query = [.. query] }), null).ConfigureAwait(false);
            StoredPage read;
            try
            {
                read = StoredJson.Page(await exchange.ReadWholeAsync(PageLimit).ConfigureAwait(false));
            }
            catch (JsonException e)
            {
                throw new CallException(exchange.Malformed("answered with something that is no list") with { Cause = e });
            }

            found.AddRange(read.Items.Where(item => own.Contains(item.Id)));
            hasMore = read is { HasMore: true, Items.Count: > 0 };
            after = read.Items is [.., var last] ? last.Id : after;
        }

        var list = new StoredPage([.. found.Take(most)], hasMore || found.Count > most);
        if (request.Kind == CallOperation.Batch)
            await NoteFilesAsync(call, exchange, list).ConfigureAwait(false);
        var answer = new StoredAnswer(exchange.Provider, 200, StoredJson.Write(list));
        exchange.Dispose();
        if (charges.IsOn && request.Kind == CallOperation.Batch)
            charges.Charge(call, [.. list.Items.Select(batch => BatchUse.Of(batch.Json.Span)).OfType<BatchUse>()]);
        return answer;
    }

    private static int LimitOf(StoredRequest request)
    {
        var (usual, largest) = request.Kind == CallOperation.File ? (10_000, 10_000) : (20, 100);
        if (request.Query.FirstOrDefault(pair => pair.Key == "limit").Value is not { } text)
            return usual;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= largest
            ? limit
            : throw new CallException(CallErrorKind.InvalidRequest, $"'limit' is a number from 1 to {largest}.", "limit");
    }

    private static string PathOf(StoredRequest request) => request.Query.Count == 0
        ? request.Path()
        : $"{request.Path()}?{string.Join('&', request.Query.Select(pair =>
            $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"))}";

    private static Task<T> AskAsync<T>(Func<Task<T>> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);

    private static Task AskAsync(Func<Task> ask) => StoreAccess.AskAsync(ask, StoredErrors.StoreAway);

    /// <summary>A provider, and the account that keeps something there; null for its first.</summary>
    private readonly record struct Place(string Provider, string? Account);
}

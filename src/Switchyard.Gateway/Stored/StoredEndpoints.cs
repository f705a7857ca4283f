using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Security;
using Switchyard.Limits;
using Switchyard.Stored;

namespace Switchyard.Gateway.Stored;

/// <summary>
/// What providers keep, in OpenAI's format: <c>/v1/responses/{id}</c>, <c>/v1/files</c>, <c>/v1/batches</c>, and the same under
/// <c>/openai</c>, there without the version too, as Azure OpenAI's clients ask; batches of Anthropic's format under
/// <c>/v1/messages/batches</c>. Thread-safe.
/// </summary>
internal sealed class StoredEndpoints(SwitchyardEngine engine, DialectSet dialects, RequestFailures failures, BodyPool bodies)
{
    private const string Unversioned = "/openai";

    private static readonly StoredPath[] s_paths =
    [
        new("GET", "/v1/responses/{id}", CallOperation.StoredResponse, StoredAction.Get),
        new("DELETE", "/v1/responses/{id}", CallOperation.StoredResponse, StoredAction.Delete),
        new("POST", "/v1/responses/{id}/cancel", CallOperation.StoredResponse, StoredAction.Cancel),
        new("GET", "/v1/responses/{id}/input_items", CallOperation.StoredResponse, StoredAction.Inputs),
        new("POST", "/v1/files", CallOperation.File, StoredAction.Create),
        new("GET", "/v1/files", CallOperation.File, StoredAction.List),
        new("GET", "/v1/files/{id}", CallOperation.File, StoredAction.Get),
        new("DELETE", "/v1/files/{id}", CallOperation.File, StoredAction.Delete),
        new("GET", "/v1/files/{id}/content", CallOperation.File, StoredAction.Content),
        new("POST", "/v1/batches", CallOperation.Batch, StoredAction.Create),
        new("GET", "/v1/batches", CallOperation.Batch, StoredAction.List),
        new("GET", "/v1/batches/{id}", CallOperation.Batch, StoredAction.Get),
        new("POST", "/v1/batches/{id}/cancel", CallOperation.Batch, StoredAction.Cancel),
        OfMessages("POST", "", StoredAction.Create),
        OfMessages("GET", "", StoredAction.List),
        OfMessages("GET", "/{id}", StoredAction.Get),
        OfMessages("DELETE", "/{id}", StoredAction.Delete),
        OfMessages("POST", "/{id}/cancel", StoredAction.Cancel),
        OfMessages("GET", "/{id}/results", StoredAction.Content),
    ];

    private static readonly string[] s_ours = ["key", "api-version"];

    private static readonly CallError s_otherFiles = new(
        CallErrorKind.ModelNotFound,
        "Unknown request: files are served in the format openai-chat only, and a client that sends the header 'anthropic-version' speaks "
            + "another. Its files are not sent to a provider of that format.")
    {
        Code = "unknown_url",
    };

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var handler = endpoints.ServiceProvider.GetRequiredService<StoredEndpoints>();
        foreach (var path in s_paths)
        {
            // The provider is asked by GET, because not every one answers HEAD. The body of a file or of an answer is not read.
            string[] methods = path.Method == "GET" ? IngressEndpoints.Reads : [path.Method];
            foreach (var prefix in IngressEndpoints.PrefixesOf(path.Dialect))
                endpoints.MapMethods(prefix + path.Pattern, methods, http => handler.HandleAsync(http, path));
            if (path.IsOfMessages)
                continue;
            endpoints.MapMethods(
                Unversioned + path.Pattern["/v1".Length..], methods, http => handler.HandleAsync(http, path));
        }
    }

    private async Task HandleAsync(HttpContext http, StoredPath path)
    {
        PooledBytes? json = null;
        // Another API has its files under the same path. Without this, an upload to it would be stored by a provider of this one.
        var isOfOther = path.Kind == CallOperation.File && http.Request.Headers.ContainsKey("anthropic-version");
        var dialect = dialects.Ingress(isOfOther ? DialectId.AnthropicMessages : path.Dialect);
        // As for lists of models: a cache must not serve one key's answer to another key that requests the same address.
        http.Response.Headers.CacheControl = "no-store";
        using var held = engine.Hold();
        try
        {
            var caller = ClientKeys.Check(http, held.Snapshot);
            if (isOfOther)
                throw new CallException(s_otherFiles);
            var hops = LoopGuard.Check(http.Request, held.Snapshot);
            var (limits, patience) = (held.Snapshot.Section(RequestLimits.Section)!, held.Snapshot.Clocks.Total);
            if (path is { Kind: CallOperation.Batch, Action: StoredAction.Create })
            {
                json = await RequestBodyReader.ReadAsync(http, limits, bodies, patience);
                CheckBatch(path, json);
            }

            using var upload = path is { Kind: CallOperation.File, Action: StoredAction.Create }
                ? new UploadContent(http, limits, bodies.Time, patience)
                : null;
            var request = Read(http.Request, path, dialects.Ingress(path.HeaderDialect)) with
            {
                Json = json?.Memory ?? default,
                Upload = upload,
                Caller = caller,
                Hops = hops,
                Snapshot = held.Snapshot,
            };
            await using var response = await engine.RunStoredAsync(request, http.RequestAborted);
            if (response is StoredAnswer { Provider: { } provider })
                http.Response.Headers[AnswerFacts.Provider] = provider;
            await IngressResponseWriter.WriteAsync(http, response, dialect);
        }
        catch (Exception e)
        {
            if (!await failures.TryAnswerAsync(http, e, dialect, path.Kind))
                throw;
        }
        finally
        {
            json?.Release();
        }
    }

    /// <summary>
    /// Refuses a batch in which a member such as the file's id is repeated: the gateway could read one value and the provider the other. Of
    /// a batch of messages, which is as long as all its requests, the members that matter are checked when they are read.
    /// </summary>
    private static void CheckBatch(StoredPath path, PooledBytes json)
    {
        if (!path.IsOfMessages && JsonText.ProblemOf(json.Memory.Span) is { } problem)
            throw new CallException(CallErrorKind.InvalidRequest, $"The body cannot be read: it {problem}");
    }

    /// <summary>The request as its path, parameters and headers say; not yet who sent it, and its body.</summary>
    private static StoredRequest Read(HttpRequest request, StoredPath path, IIngressDialect dialect) => new(path.Kind, path.Action)
    {
        Id = request.RouteValues["id"] as string,
        Provider = request.Headers[AnswerFacts.Provider] is [{ Length: > 0 } named] ? named : null,
        Dialect = path.Dialect,
        HeadersOnly = HttpMethods.IsHead(request.Method),
        Headers = HeadersOf(request, dialect),
        Query = QueryOf(request),
        Tenant = RequestHeaders.TenantOf(request),
        RequestId = RequestIds.FromClient(request),
        Trace = RequestIds.TraceOf(request),
    };

    /// <summary>
    /// The parameters that are passed on: all but <c>key</c>, in which some clients send our key, and <c>api-version</c>, which is meant
    /// for this gateway; a provider that needs one is sent its own.
    /// </summary>
    private static List<KeyValuePair<string, string>> QueryOf(HttpRequest request) => request.Query
        .Where(pair => !s_ours.Contains(pair.Key, StringComparer.OrdinalIgnoreCase))
        .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))
        .ToList();

    /// <summary>The headers that belong to the format.</summary>
    /// <exception cref="CallException">One cannot be sent on.</exception>
    private static IReadOnlyDictionary<string, string> HeadersOf(HttpRequest request, IIngressDialect dialect)
    {
        if (RequestHeaders.OfDialect(request, dialect) is not { } headers)
            return CallEnvelope.NoHeaders;
        foreach (var (name, value) in headers)
            SendableHeader.Require(name, value);
        return headers;
    }

    private static StoredPath OfMessages(string method, string pattern, StoredAction action) =>
        new(method, "/v1/messages/batches" + pattern, CallOperation.Batch, action) { Dialect = DialectId.AnthropicMessages };

    /// <summary>One row of the table.</summary>
    private sealed record StoredPath(string Method, string Pattern, CallOperation Kind, StoredAction Action)
    {
        /// <summary>The format of its clients.</summary>
        public DialectId Dialect { get; init; } = DialectId.OpenAIChat;

        /// <summary>The format whose headers its clients send.</summary>
        public DialectId HeaderDialect => Kind == CallOperation.StoredResponse ? DialectId.OpenAIResponses : Dialect;

        public bool IsOfMessages => Dialect == DialectId.AnthropicMessages;
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
/// <c>/openai</c>, there without the version too, as Azure OpenAI's clients ask. Thread-safe.
/// </summary>
internal sealed partial class StoredEndpoints(
    SwitchyardEngine engine, DialectSet dialects, Refusals refusals, BodyPool bodies, ILogger<StoredEndpoints> logger)
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
    ];

    private static readonly string[] s_prefixes = ["", Unversioned];

    private static readonly string[] s_ours = ["key", "api-version"];

    private readonly IIngressDialect _dialect = dialects.Ingress(DialectId.OpenAIChat);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var handler = endpoints.ServiceProvider.GetRequiredService<StoredEndpoints>();
        foreach (var path in s_paths)
        {
            foreach (var prefix in s_prefixes)
                endpoints.MapMethods(prefix + path.Pattern, [path.Method], http => handler.HandleAsync(http, path));
            endpoints.MapMethods(
                Unversioned + path.Pattern["/v1".Length..], [path.Method], http => handler.HandleAsync(http, path));
        }
    }

    private async Task HandleAsync(HttpContext http, StoredPath path)
    {
        PooledBytes? json = null;
        // As with lists of models: another key that asks the same address must not be given this one's answer.
        http.Response.Headers.CacheControl = "no-store";
        using var held = engine.Hold();
        try
        {
            var caller = ClientKeys.Check(http, held.Snapshot);
            var hops = LoopGuard.Check(http.Request, held.Snapshot);
            var (limits, patience) = (held.Snapshot.Section(RequestLimits.Section)!, held.Snapshot.Clocks.Total);
            if (path is { Kind: CallOperation.Batch, Action: StoredAction.Create })
            {
                json = await RequestBodyReader.ReadAsync(http, limits, bodies, patience);
                // Of a member that stands there twice, the file's id for one, we could read the one and the provider the other.
                if (JsonText.ProblemOf(json.Memory.Span) is { } problem)
                    throw new CallException(CallErrorKind.InvalidRequest, $"The body cannot be read: it {problem}");
            }

            using var upload = path is { Kind: CallOperation.File, Action: StoredAction.Create }
                ? new UploadContent(http, limits, bodies.Time, patience)
                : null;
            var request = new StoredRequest(path.Kind, path.Action)
            {
                Id = http.Request.RouteValues["id"] as string,
                Provider = http.Request.Headers[AnswerFacts.Provider] is [{ Length: > 0 } named] ? named : null,
                Query = QueryOf(http.Request),
                Json = json?.Memory ?? default,
                Upload = upload,
                Caller = caller,
                Tenant = RequestHeaders.TenantOf(http.Request),
                RequestId = RequestIds.Sent(http.Request),
                Trace = RequestIds.TraceOf(http.Request),
                Hops = hops,
                Snapshot = held.Snapshot,
            };
            await using var response = await engine.RunStoredAsync(request, http.RequestAborted);
            if (response is StoredAnswer { Provider: { } provider })
                http.Response.Headers[AnswerFacts.Provider] = provider;
            await IngressResponseWriter.WriteAsync(http, response, _dialect);
        }
        catch (CallException e)
        {
            await refusals.WriteAsync(http, e.Error, _dialect);
        }
        catch (ClientStalledException)
        {
            // The disposal of the answer has ended the call and closed the upstream.
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var id = RequestIds.OfAnswer(http);
            LogFailed(e, id, path.Kind);
            ResponseHeaders.TakeBack(http.Response);
            await IngressResponseWriter.WriteErrorAsync(
                http,
                id,
                new CallError(CallErrorKind.Internal, "The gateway failed to handle the request.") { Cause = e },
                _dialect);
        }
        finally
        {
            json?.Release();
        }
    }

    /// <summary>
    /// The parameters that are passed on: all but <c>key</c>, in which some clients send ours, and <c>api-version</c>, which says how a
    /// client speaks to us; a provider that wants one is sent its own.
    /// </summary>
    private static List<KeyValuePair<string, string>> QueryOf(HttpRequest request) => request.Query
        .Where(pair => !s_ours.Contains(pair.Key, StringComparer.OrdinalIgnoreCase))
        .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))
        .ToList();

    [LoggerMessage(1, LogLevel.Error, "Call {RequestId} ({Operation}) could not be answered")]
    private partial void LogFailed(Exception cause, string requestId, CallOperation operation);

    /// <summary>One row of the table.</summary>
    private sealed record StoredPath(string Method, string Pattern, CallOperation Kind, StoredAction Action);
}

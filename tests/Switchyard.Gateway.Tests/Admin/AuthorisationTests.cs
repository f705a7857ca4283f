using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Gateway.Admin;
using Switchyard.Gateway.Ingress;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Access to every route of the gateway with every kind of key. A route without a row fails.</summary>
public sealed class AuthorisationTests
{
    private const string Admin = "an-admin-key-of-some-length";
    private const string Viewer = "a-viewers-key-of-some-length";
    private const string Operator = "an-operators-key-of-some-length";
    private const string OtherAdmin = "another-admins-key-of-some-length";

    // One body that has what each format needs to name a model.
    private const string Body = """
        {"model":"mock/mock-model-v1","messages":[{"role":"user","content":"x"}],"input":"x","prompt":"x","query":"x","documents":["x"],
        "voice":"alloy","max_tokens":5,"contents":[{"parts":[{"text":"x"}]}],"content":{"parts":[{"text":"x"}]},"requests":[],"name":"x"}
        """;

    private static readonly string[] s_prefixes = ["/openai", "/anthropic", "/genai"];

    /// <summary>The rows: the access of a route, by its method and path without an SDK's prefix.</summary>
    private static readonly Dictionary<string, Access> s_rows = new(StringComparer.Ordinal)
    {
        ["GET /health"] = Access.Open,
        ["GET /health/ready"] = Access.Open,
        ["GET /health/live"] = Access.Open,
        ["GET /health/providers"] = Access.Caller,
        ["GET /metrics"] = Access.Caller,
        ["GET /experiments"] = Access.Caller,
        ["GET /experiments/{**name}"] = Access.Caller,
        ["POST /feedback"] = Access.Caller,
        ["POST /route/explain"] = Access.Model,
        // Its options name the model, which is authorised as for any call: RefineTests.
        ["POST /schemas/refine"] = Access.Caller,
        ["GET /v1/models"] = Access.Caller,
        ["GET /v1/models/{**id}"] = Access.Model,
        ["GET /v1beta/models"] = Access.Caller,
        ["GET /v1beta/models/{**id}"] = Access.Model,
        // Methods of models are called with POST; a GET of one is refused with 405, which needs no key.
        [$"GET /v1/models{ModelMethodPath.NamedPattern}"] = Access.Open,
        [$"GET /v1beta/models{ModelMethodPath.NamedPattern}"] = Access.Open,
        ["GET /v1/capabilities"] = Access.Caller,
        ["POST /chat"] = Access.Model,
        ["POST /v1/chat/completions"] = Access.Model,
        ["POST /v1/completions"] = Access.Model,
        ["POST /v1/responses"] = Access.Model,
        ["POST /v1/responses/input_tokens"] = Access.Model,
        ["POST /v1/responses/compact"] = Access.Model,
        ["GET /v1/responses/{id}"] = Access.Caller,
        ["DELETE /v1/responses/{id}"] = Access.Caller,
        ["POST /v1/responses/{id}/cancel"] = Access.Caller,
        ["GET /v1/responses/{id}/input_items"] = Access.Caller,
        ["POST /v1/files"] = Access.Caller,
        ["GET /v1/files"] = Access.Caller,
        ["GET /v1/files/{id}"] = Access.Caller,
        ["DELETE /v1/files/{id}"] = Access.Caller,
        ["GET /v1/files/{id}/content"] = Access.Caller,
        // The models in its file are not read here.
        ["POST /v1/batches"] = Access.Model,
        ["GET /v1/batches"] = Access.Caller,
        ["GET /v1/batches/{id}"] = Access.Caller,
        ["POST /v1/batches/{id}/cancel"] = Access.Caller,
        ["POST /v1/embeddings"] = Access.Model,
        ["POST /v1/moderations"] = Access.Model,
        ["POST /rerank"] = Access.Model,
        ["POST /v1/rerank"] = Access.Model,
        ["POST /v2/rerank"] = Access.Model,
        ["POST /v1/images/generations"] = Access.Model,
        ["POST /v1/images/edits"] = Access.Model,
        ["POST /v1/audio/speech"] = Access.Model,
        ["POST /v1/audio/transcriptions"] = Access.Model,
        ["POST /v1/audio/translations"] = Access.Model,
        ["POST /v1/messages"] = Access.Model,
        ["POST /v1/messages/count_tokens"] = Access.Model,
        // Each model in its requests is authorised as for any call: MessageBatchTests.
        ["POST /v1/messages/batches"] = Access.Caller,
        ["GET /v1/messages/batches"] = Access.Caller,
        ["GET /v1/messages/batches/{id}"] = Access.Caller,
        ["DELETE /v1/messages/batches/{id}"] = Access.Caller,
        ["POST /v1/messages/batches/{id}/cancel"] = Access.Caller,
        ["GET /v1/messages/batches/{id}/results"] = Access.Caller,
        ["POST /v1beta/models/{**target}"] = Access.Model,
        ["POST /v1/models/{**target:regex(:)}"] = Access.Model,
        ["POST /v1beta/{**target:regex(:)}"] = Access.Model,
        ["POST /deployments/{**deployment}"] = Access.Model,
    };

    /// <summary>The callers that may use a route.</summary>
    private enum Access
    {
        /// <summary>Every caller.</summary>
        Open,

        /// <summary>Callers with a key.</summary>
        Caller,

        /// <summary>Callers with a key that may call the model.</summary>
        Model,

        /// <summary>Admin API: every caller.</summary>
        AdminOpen,

        /// <summary>Admin API: callers with any known key.</summary>
        AdminCaller,

        /// <summary>Callers with an admin key.</summary>
        AdminViewer,

        /// <summary>Callers with an admin key that may change the running gateway.</summary>
        AdminOperator,

        /// <summary>Callers with an admin key that may do everything.</summary>
        AdminAll,
    }

    [Fact]
    public async Task Every_route_is_for_those_it_is_for_and_no_others()
    {
        var store = new FakeKeyStore();
        var time = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Admin.Key = Admin;
                options.Admin.Keys["looks"] = new() { Key = Viewer, Role = "viewer" };
                options.Admin.Keys["turns"] = new() { Key = Operator, Role = "operator" };
                options.Admin.Keys["owns"] = new() { Key = OtherAdmin, Role = "admin" };
                options.Tenants["acme"] = new();
                options.Keys["tenant"] = new() { Key = "sk-tenant", Tenant = "acme" };
                options.Keys["narrow"] = new() { Key = "sk-narrow", Models = ["nothing"] };
                options.Keys["expired"] = new() { Key = "sk-expired", Expires = "2020-01-01" };
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddSingleton<IKeyStore>(store);
            });
        var revoked = (await gateway.Engine.Keys.CreateKeyAsync("revoked", [], default)).Key;
        await gateway.Engine.Keys.RevokeKeyAsync("revoked", default);
        (string Who, string? Key)[] callers =
        [
            ("no key", null), ("wrong", "sk-wrong"), ("revoked", revoked), ("expired", "sk-expired"), ("tenant", "sk-tenant"),
            ("without the model", "sk-narrow"), ("viewer", Viewer), ("operator", Operator), ("admin", OtherAdmin), ("admin", Admin),
        ];
        var wrong = new List<string>();
        foreach (var (method, pattern, declared) in RoutesOf(gateway))
        {
            var row = s_prefixes.Aggregate(pattern, static (path, prefix) => path.StartsWith(prefix, StringComparison.Ordinal)
                ? path[prefix.Length..]
                : path);
            // Azure OpenAI's clients ask for the same without a version.
            if ((AccessOf($"{method} {row}", declared) ?? AccessOf($"{method} /v1{row}", declared)) is not { } access)
            {
                wrong.Add($"{method} {pattern} has no row");
                continue;
            }

            foreach (var (who, key) in callers)
            {
                var status = await StatusAsync(gateway, method, PathOf(pattern), key);
                if (status != Expected(access, who, status))
                    wrong.Add($"{method} {pattern} with {who}: {status}, not {Expected(access, who, status)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    /// <summary>A path of the admin API needs no row: it declares its role. A path without a role fails here.</summary>
    private static Access? AccessOf(string route, AdminRole? declared) => declared switch
    {
        AdminRole.Anyone => Access.AdminOpen,
        AdminRole.Caller => Access.AdminCaller,
        AdminRole.Viewer => Access.AdminViewer,
        AdminRole.Operator => Access.AdminOperator,
        AdminRole.Admin => Access.AdminAll,
        _ => s_rows.TryGetValue(route, out var access) ? access : null,
    };

    /// <summary>The expected status; for an admitted caller any but a refusal, because the requested item may not exist.</summary>
    private static HttpStatusCode Expected(Access access, string who, HttpStatusCode found)
    {
        var admitted = found is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) ? found : HttpStatusCode.OK;
        return (access, who) switch
        {
            (Access.Open or Access.AdminOpen, _) => admitted,
            (Access.AdminCaller, "tenant" or "without the model") => admitted,
            (>= Access.AdminCaller and <= Access.AdminViewer, "viewer" or "operator" or "admin") => admitted,
            (Access.AdminOperator, "operator" or "admin") => admitted,
            (Access.AdminAll, "admin") => admitted,
            (>= Access.AdminOpen, "viewer" or "operator" or "tenant" or "without the model") => HttpStatusCode.Forbidden,
            (Access.Model, "without the model") => HttpStatusCode.Forbidden,
            (Access.Caller or Access.Model, "tenant" or "without the model") => admitted,
            _ => HttpStatusCode.Unauthorized,
        };
    }

    private static List<(string Method, string Pattern, AdminRole? Declared)> RoutesOf(GatewayHost gateway) =>
    [
        .. gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(route => (
            route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0], route.RoutePattern.RawText!,
            route.Metadata.GetMetadata<AdminRoute>()?.Operation.Role)),
    ];

    private static string PathOf(string pattern) => pattern
        .Replace(ModelMethodPath.NamedPattern, "/{**target}", StringComparison.Ordinal)
        .Replace(":regex(:)", "", StringComparison.Ordinal)
        .Replace("{**target}", "mock%2Fmock-model-v1:generateContent", StringComparison.Ordinal)
        .Replace("{**deployment}", "mock%2Fmock-model-v1/chat/completions", StringComparison.Ordinal)
        .Replace("{**id}", "mock%2Fmock-model-v1", StringComparison.Ordinal)
        .Replace("{**name}", "x", StringComparison.Ordinal)
        .Replace("{name}", "x", StringComparison.Ordinal);

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string method, string path, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        if (method != "GET")
            request.Content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request);
        return response.StatusCode;
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Gateway.Health;

namespace Switchyard.Gateway.Ingress;

/// <summary>The path table: which path speaks which dialect and asks for which operation. A chat request begins here.</summary>
internal static class IngressEndpoints
{
    /// <summary>The same API is served under these, so that several SDKs can share one host.</summary>
    private static readonly string[] s_prefixes = ["", "/openai"];

    private static readonly (string Path, CallOperation Operation)[] s_openAI =
    [
        ("/v1/chat/completions", CallOperation.Chat),
        ("/v1/completions", CallOperation.Completion),
        ("/v1/embeddings", CallOperation.Embedding),
        ("/v1/moderations", CallOperation.Moderation),
    ];

    private const string PlainChat = "/chat";
    private const string Models = "/v1/models";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var handlers = services.GetRequiredService<IngressHandlers>();
        var models = services.GetRequiredService<ModelsEndpoint>();
        var unknown = services.GetRequiredService<UnknownPath>();
        foreach (var prefix in s_prefixes)
        {
            foreach (var (path, operation) in s_openAI)
                endpoints.MapPost(prefix + path, handlers.For(DialectId.OpenAIChat, operation).HandleAsync);
            endpoints.MapGet(prefix + Models, models.ListAsync);
            endpoints.MapGet($"{prefix}{Models}/{{**id}}", models.GetAsync);
            endpoints.Map($"{prefix}/v1/{{**rest}}", unknown.AnswerAsync).WithOrder(int.MaxValue);
        }

        endpoints.MapPost(PlainChat, handlers.For(DialectId.Plain, CallOperation.Chat).HandleAsync);
        endpoints.MapGet("/health", services.GetRequiredService<HealthEndpoint>().AnswerAsync);
    }

    /// <summary>The method a path answers; null when it is not in the table.</summary>
    public static string? Methods(string path) =>
        path == PlainChat || s_prefixes.Any(prefix => s_openAI.Any(entry => prefix + entry.Path == path)) ? "POST"
        : s_prefixes.Any(prefix => prefix + Models == path) ? "GET"
        : null;
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Gateway.Health;

namespace Switchyard.Gateway.Ingress;

/// <summary>The path table: which path speaks which dialect and asks for which operation. A chat request begins here.</summary>
internal static class IngressEndpoints
{
    private static readonly IngressPath[] s_calls =
    [
        new("/v1/chat/completions", DialectId.OpenAIChat, CallOperation.Chat),
        new("/v1/completions", DialectId.OpenAIChat, CallOperation.Completion),
        new("/v1/embeddings", DialectId.OpenAIChat, CallOperation.Embedding),
        new("/v1/moderations", DialectId.OpenAIChat, CallOperation.Moderation),
    ];

    private static readonly IngressPath s_plain = new("/chat", DialectId.Plain, CallOperation.Chat);

    /// <summary>
    /// The prefixes under which a format is served beside the bare path, so that several SDKs can share one host: each client's base URL
    /// is the host and its own prefix.
    /// </summary>
    private static readonly string[] s_openAIPrefixes = ["", "/openai"];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var handlers = services.GetRequiredService<IngressHandlers>();
        var unknown = services.GetRequiredService<UnknownPath>();
        foreach (var path in s_calls)
        {
            foreach (var prefix in PrefixesOf(path.Dialect))
                endpoints.MapPost(prefix + path.Pattern, handlers.For(path).HandleAsync);
        }

        foreach (var prefix in s_openAIPrefixes)
        {
            endpoints.Map($"{prefix}/v1/{{**rest}}", unknown.AnswerAsync).WithOrder(int.MaxValue);
        }

        ModelEndpoints.Map(endpoints);
        endpoints.MapPost(s_plain.Pattern, handlers.For(s_plain).HandleAsync);
        endpoints.MapGet("/health", services.GetRequiredService<HealthEndpoint>().AnswerAsync);
    }

    /// <summary>The method a path answers; null when it is not in the table.</summary>
    public static string? Methods(string path) =>
        path == s_plain.Pattern || s_calls.Any(call => PrefixesOf(call.Dialect).Any(prefix => prefix + call.Pattern == path)) ? "POST"
        : ModelEndpoints.IsList(path) ? "GET"
        : null;

    /// <summary>The formats in which an operation may be asked for.</summary>
    public static IEnumerable<DialectId> DialectsOf(CallOperation operation) =>
        s_calls.Append(s_plain).Where(path => path.Operation == operation).Select(path => path.Dialect).Distinct();

    private static string[] PrefixesOf(DialectId dialect) => dialect == DialectId.OpenAIChat ? s_openAIPrefixes : [""];
}

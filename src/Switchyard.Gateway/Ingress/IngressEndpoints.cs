using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;

namespace Switchyard.Gateway.Ingress;

/// <summary>The path table: the dialect and the operation of each path. A request begins here.</summary>
internal static class IngressEndpoints
{
    /// <summary>The methods of a path that only reads: a server answers <c>HEAD</c> where it answers <c>GET</c>.</summary>
    public static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    private static readonly IngressPath[] s_calls =
    [
        new("/v1/chat/completions", DialectId.OpenAIChat, CallOperation.Chat),
        new("/v1/completions", DialectId.OpenAIChat, CallOperation.Completion),
        new("/v1/embeddings", DialectId.OpenAIChat, CallOperation.Embedding),
        new("/v1/moderations", DialectId.OpenAIChat, CallOperation.Moderation),
        new("/v1/images/generations", DialectId.OpenAIChat, CallOperation.ImageGeneration),
        new("/v1/images/edits", DialectId.OpenAIChat, CallOperation.ImageEdit),
        new("/v1/audio/speech", DialectId.OpenAIChat, CallOperation.Speech),
        new("/v1/audio/transcriptions", DialectId.OpenAIChat, CallOperation.Transcription),
        new("/v1/audio/translations", DialectId.OpenAIChat, CallOperation.AudioTranslation),
        new("/v1/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        // Clients of rerank differ in what they append to the base URL.
        new("/v2/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        new("/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        new("/v1/messages", DialectId.AnthropicMessages, CallOperation.Chat),
        new("/v1/messages/count_tokens", DialectId.AnthropicMessages, CallOperation.CountTokens),
        new($"/v1beta/models/{ModelMethod}", DialectId.Gemini, CallOperation.Chat)
        {
            Read = ModelMethodPath.Read,
            Serves = ModelMethodPath.Serves,
        },
        // Some clients take a model with a slash for a whole resource name, and write provider/model without models/ before it.
        new($"/v1beta/{ModelMethodOnly}", DialectId.Gemini, CallOperation.Chat)
        {
            Read = ModelMethodPath.ReadBare,
            Serves = ModelMethodPath.Serves,
        },
        // Under /v1, model paths without a colon belong to the OpenAI dialect's list of models.
        new($"/v1/models/{ModelMethodOnly}", DialectId.Gemini, CallOperation.Chat)
        {
            Read = ModelMethodPath.Read,
            Serves = ModelMethodPath.Serves,
        },
        new("/v1/responses", DialectId.OpenAIResponses, CallOperation.Chat),
        new("/v1/responses/input_tokens", DialectId.OpenAIResponses, CallOperation.CountTokens),
        new("/v1/responses/compact", DialectId.OpenAIResponses, CallOperation.Compaction),
    ];

    /// <summary>The paths of Azure OpenAI's clients: below <c>/openai</c>, without a version.</summary>
    private static readonly IngressPath[] s_azure =
    [
        new($"{Azure}/deployments/{{**{DeploymentPath.Parameter}}}", DialectId.OpenAIChat, CallOperation.Chat)
        {
            Read = DeploymentPath.Read,
            Serves = DeploymentPath.Serves,
        },
        new($"{Azure}/responses", DialectId.OpenAIResponses, CallOperation.Chat),
        new($"{Azure}/responses/input_tokens", DialectId.OpenAIResponses, CallOperation.CountTokens),
        new($"{Azure}/responses/compact", DialectId.OpenAIResponses, CallOperation.Compaction),
    ];

    private const string Azure = "/openai";

    private const string ModelMethod = $"{{**{ModelMethodPath.Parameter}}}";

    private const string ModelMethodOnly = $"{{**{ModelMethodPath.Parameter}:regex(:)}}";

    private static readonly IngressPath s_plain = new("/chat", DialectId.Plain, CallOperation.Chat);

    /// <summary>
    /// The prefixes under which a dialect is served, the empty one included, so that several SDKs can share one host: a client's base URL
    /// is the host with its own prefix.
    /// </summary>
    private static readonly string[] s_openAIPrefixes = ["", "/openai"];

    /// <inheritdoc cref="s_openAIPrefixes"/>
    private static readonly string[] s_anthropicPrefixes = ["", "/anthropic"];

    /// <inheritdoc cref="s_openAIPrefixes"/>
    private static readonly string[] s_geminiPrefixes = ["", "/genai"];

    private static readonly PathString[] s_roots =
    [
        .. s_openAIPrefixes.Union(s_anthropicPrefixes).Select(prefix => new PathString($"{prefix}/v1")),
        .. s_geminiPrefixes.Select(prefix => new PathString($"{prefix}/v1beta")),
    ];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var handlers = services.GetRequiredService<IngressHandlers>();
        foreach (var path in s_calls)
        {
            foreach (var prefix in PrefixesOf(path.Dialect))
                endpoints.MapPost(prefix + path.Pattern, handlers.For(path).HandleAsync);
        }

        foreach (var path in s_azure.Append(s_plain))
            endpoints.MapPost(path.Pattern, handlers.For(path).HandleAsync);
    }

    /// <summary>Whether a path is below <c>/v1</c> or <c>/v1beta</c>, with or without one of the prefixes.</summary>
    public static bool IsOwn(PathString path)
    {
        foreach (var prefix in s_roots)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a path below <c>/v1beta</c> names no method of a model, though its pattern requires one: routing compares HTTP methods
    /// before it looks at constraints, and so finds a path that does not exist to be one that takes another method.
    /// </summary>
    public static bool LacksModelMethod(HttpRequest request) =>
        request.Path.Value?.Contains(':', StringComparison.Ordinal) != true
        && s_geminiPrefixes.Any(prefix => IsUnder(request, $"{prefix}/v1beta"));

    /// <summary>Whether a path is in the table, word for word (route parameters are not matched).</summary>
    public static bool IsCall(string path) =>
        s_azure.Append(s_plain).Any(call => call.Pattern == path)
        || s_calls.Any(call => PrefixesOf(call.Dialect).Any(prefix => prefix + call.Pattern == path));

    /// <summary>The dialect in which the error of an unknown path is written, guessed from path and headers.</summary>
    public static DialectId DialectOfUnknown(HttpRequest request) =>
        request.Headers.ContainsKey("anthropic-version") || IsUnder(request, s_anthropicPrefixes[1]) ? DialectId.AnthropicMessages
        : IsUnder(request, "/v1beta") || IsUnder(request, s_geminiPrefixes[1]) ? DialectId.Gemini
        : DialectId.OpenAIChat;

    /// <summary>The dialects in which clients can ask for an operation.</summary>
    public static IEnumerable<DialectId> DialectsOf(CallOperation operation) =>
        s_calls.Append(s_plain).Where(path => path.Serves(operation)).Select(path => path.Dialect).Distinct();

    /// <summary>The prefixes under which a dialect is served.</summary>
    public static string[] PrefixesOf(DialectId dialect) =>
        dialect == DialectId.AnthropicMessages ? s_anthropicPrefixes
        : dialect == DialectId.Gemini ? s_geminiPrefixes
        : s_openAIPrefixes;

    private static bool IsUnder(HttpRequest request, string prefix) =>
        request.Path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase);
}

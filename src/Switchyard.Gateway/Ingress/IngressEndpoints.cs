using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;

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
        new("/v1/images/generations", DialectId.OpenAIChat, CallOperation.ImageGeneration),
        new("/v1/images/edits", DialectId.OpenAIChat, CallOperation.ImageEdit) { TakesForm = true },
        new("/v1/audio/speech", DialectId.OpenAIChat, CallOperation.Speech),
        new("/v1/audio/transcriptions", DialectId.OpenAIChat, CallOperation.Transcription) { TakesForm = true },
        new("/v1/audio/translations", DialectId.OpenAIChat, CallOperation.AudioTranslation) { TakesForm = true },
        new("/v1/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        // Clients of this operation differ in what they take for its base URL.
        new("/v2/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        new("/rerank", DialectId.OpenAIChat, CallOperation.Rerank),
        new("/v1/messages", DialectId.AnthropicMessages, CallOperation.Chat),
        new("/v1/messages/count_tokens", DialectId.AnthropicMessages, CallOperation.CountTokens),
        new($"/v1beta/models/{ModelMethod}", DialectId.Gemini, CallOperation.Chat) { Read = ModelMethodPath.Read },
        // Under /v1 the models themselves are another format's, so only what names a method is taken.
        new($"/v1/models/{ModelMethodOnly}", DialectId.Gemini, CallOperation.Chat) { Read = ModelMethodPath.Read },
        new("/v1/responses", DialectId.OpenAIResponses, CallOperation.Chat),
        new("/v1/responses/input_tokens", DialectId.OpenAIResponses, CallOperation.CountTokens),
    ];

    private const string ModelMethod = $"{{**{ModelMethodPath.Parameter}}}";

    private const string ModelMethodOnly = $"{{**{ModelMethodPath.Parameter}:regex(:)}}";

    private static readonly IngressPath s_plain = new("/chat", DialectId.Plain, CallOperation.Chat);

    /// <summary>
    /// The prefixes under which a format is served beside the bare path, so that several SDKs can share one host: each client's base URL
    /// is the host and its own prefix.
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

        endpoints.MapPost(s_plain.Pattern, handlers.For(s_plain).HandleAsync);
    }

    /// <summary>Whether a path lies below those of the gateway, so that an unknown one is answered in its clients' format.</summary>
    public static bool IsOwn(PathString path)
    {
        foreach (var prefix in s_roots)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>Whether a path is in the table.</summary>
    public static bool IsCall(string path) =>
        path == s_plain.Pattern || s_calls.Any(call => PrefixesOf(call.Dialect).Any(prefix => prefix + call.Pattern == path));

    /// <summary>The format in which a client of a path that is not served expects its error.</summary>
    public static DialectId DialectOfUnknown(HttpRequest request) =>
        request.Headers.ContainsKey("anthropic-version") || IsUnder(request, s_anthropicPrefixes[1]) ? DialectId.AnthropicMessages
        : IsUnder(request, "/v1beta") || IsUnder(request, s_geminiPrefixes[1]) ? DialectId.Gemini
        : DialectId.OpenAIChat;

    /// <summary>The formats in which an operation may be asked for.</summary>
    public static IEnumerable<DialectId> DialectsOf(CallOperation operation) =>
        s_calls.Append(s_plain).Where(path => path.Operation == operation || path.Read is not null && ModelMethodPath.Serves(operation))
            .Select(path => path.Dialect).Distinct();

    private static bool IsUnder(HttpRequest request, string prefix) =>
        request.Path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase);

    private static string[] PrefixesOf(DialectId dialect) =>
        dialect == DialectId.AnthropicMessages ? s_anthropicPrefixes
        : dialect == DialectId.Gemini ? s_geminiPrefixes
        : s_openAIPrefixes;
}

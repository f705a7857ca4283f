using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Reads model and method from a path that ends in <c>models/{model}:{method}</c>. The model may contain slashes, escaped or not, and
/// colons; the method follows the last colon.
/// </summary>
internal static class ModelMethodPath
{
    /// <summary>The name of the route parameter that holds the path after <c>models/</c>.</summary>
    public const string Parameter = "target";

    /// <summary>The pattern, after <c>models</c>, of the paths that name a method which exists.</summary>
    public const string NamedPattern =
        "/{**" + Parameter + ":regex(:(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)/?$)}";

    /// <summary>Whether there is a method for the operation.</summary>
    public static bool Serves(CallOperation operation) =>
        operation is CallOperation.Chat or CallOperation.CountTokens or CallOperation.Embedding;

    /// <summary>Reads a path without <c>models/</c>, as some clients write it for a model with a slash: <c>provider/model</c>.</summary>
    /// <exception cref="CallException">The method is unknown, or the path names no model, or repeats the version or a slash.</exception>
    public static IngressRequest ReadBare(HttpRequest request)
    {
        if (RepeatedPath.Hint(request.Path.Value ?? "/") is { } hint)
            throw new CallException(new CallError(CallErrorKind.ModelNotFound, hint) { Code = "unknown_url" });
        return Read(request);
    }

    /// <exception cref="CallException">The method is unknown, or the path names no model.</exception>
    public static IngressRequest Read(HttpRequest request)
    {
        // A slash at the end is ignored, as it is on other paths.
        var target = PathValue.Of(request, Parameter).TrimEnd('/');
        var colon = target.LastIndexOf(':');
        var (model, method) = colon < 0 ? (target, "") : (target[..colon], target[(colon + 1)..]);
        var read = method switch
        {
            "generateContent" => new IngressRequest(CallOperation.Chat) { Stream = false },
            "streamGenerateContent" => new IngressRequest(CallOperation.Chat)
            {
                Stream = true,
                AnswerForm = request.Query["alt"] == "sse" ? null : "array",
            },
            "countTokens" => new IngressRequest(CallOperation.CountTokens) { Stream = false },
            "embedContent" => new IngressRequest(CallOperation.Embedding) { Stream = false, AnswerForm = "single" },
            "batchEmbedContents" => new IngressRequest(CallOperation.Embedding) { Stream = false },
            _ => throw new CallException(new CallError(
                CallErrorKind.ModelNotFound,
                $"Unknown method '{Sanitizer.Clean(method)}'. "
                    + "Models have generateContent, streamGenerateContent, countTokens, embedContent and batchEmbedContents.")
            {
                Code = "unknown_url",
            }),
        };
        if (model.Length == 0)
            throw new CallException(CallErrorKind.ModelNotFound, "The address names no model: it ends in models/MODEL:METHOD.");
        return read with { Model = model };
    }
}

using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Reads the model from a path in Azure OpenAI's form, <c>deployments/{model}/chat/completions</c>, where the path wins over the body.
/// The model may contain slashes, escaped or not: clients write an alias or <c>provider/model</c> there unchanged.
/// </summary>
internal static class DeploymentPath
{
    /// <summary>The name of the route parameter that holds the path after <c>deployments/</c>.</summary>
    public const string Parameter = "deployment";

    // If one end is the end of another, the longer one comes first.
    private static readonly (string End, CallOperation Operation)[] s_ends =
    [
        ("/chat/completions", CallOperation.Chat),
        ("/completions", CallOperation.Completion),
        ("/embeddings", CallOperation.Embedding),
        ("/images/generations", CallOperation.ImageGeneration),
        ("/images/edits", CallOperation.ImageEdit),
        ("/audio/speech", CallOperation.Speech),
        ("/audio/transcriptions", CallOperation.Transcription),
        ("/audio/translations", CallOperation.AudioTranslation),
    ];

    /// <summary>Whether there is such a path for the operation.</summary>
    public static bool Serves(CallOperation operation) => Array.Exists(s_ends, entry => entry.Operation == operation);

    /// <exception cref="CallException">The path does not end in an operation, or names no model.</exception>
    public static IngressRequest Read(HttpRequest request)
    {
        var target = $"/{PathValue.Of(request, Parameter)}".TrimEnd('/');
        foreach (var (end, operation) in s_ends)
        {
            if (!target.EndsWith(end, StringComparison.OrdinalIgnoreCase))
                continue;
            var model = target[..^end.Length].Trim('/');
            if (string.IsNullOrWhiteSpace(model))
                throw new CallException(CallErrorKind.ModelNotFound, $"The address names no model: it is deployments/MODEL{end}.");
            // The model is written into forms: a line break in it could begin a new part that names a model which was not checked.
            return !model.Any(char.IsControl)
                ? new IngressRequest(operation) { Model = model }
                : throw new CallException(
                    CallErrorKind.ModelNotFound, "The model in the address has a line break or another control character in its name.");
        }

        var error = new CallError(
            CallErrorKind.ModelNotFound,
            $"Unknown request: {Sanitizer.Clean(request.Path)}. "
                + $"A deployment has {string.Join(", ", s_ends.Select(entry => entry.End[1..]))}.")
        {
            Code = "unknown_url",
        };
        throw new CallException(error);
    }
}

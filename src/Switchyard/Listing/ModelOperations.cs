using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Listing;

/// <summary>What a model may be asked to do: what its provider serves, as far as it is for a model of its kind.</summary>
internal static class ModelOperations
{
    private static readonly CallOperation[] s_ofObjects = [CallOperation.Chat, CallOperation.Completion, CallOperation.Embedding];

    public static IReadOnlyList<CallOperation> Of(IProvider? provider, ModelKind? kind, string model)
    {
        IEnumerable<CallOperation> served = provider switch
        {
            IHttpProvider { IsInitialized: true } http => http.Endpoint.Operations,
            IChatClientProvider => s_ofObjects,
            _ => [],
        };
        return [.. served.Where(operation => IsFor(operation, kind ?? Guess(model), model)).Order()];
    }

    private static bool IsFor(CallOperation operation, ModelKind kind, string model) => operation switch
    {
        CallOperation.Moderation => IsModerator(model),
        CallOperation.Chat or CallOperation.Completion or CallOperation.CountTokens => kind == ModelKind.Chat && !IsModerator(model),
        CallOperation.Embedding => kind == ModelKind.Embedding,
        CallOperation.Rerank => kind == ModelKind.Rerank,
        CallOperation.ImageGeneration or CallOperation.ImageEdit => kind == ModelKind.Image,
        CallOperation.Speech => kind == ModelKind.Speech,
        CallOperation.Transcription or CallOperation.AudioTranslation => kind == ModelKind.Transcription,
        _ => false,
    };

    // Where the catalogue does not know the model its name is all there is to go by.
    private static ModelKind Guess(string model) =>
        model.Contains("embed", StringComparison.OrdinalIgnoreCase) ? ModelKind.Embedding
        : model.Contains("rerank", StringComparison.OrdinalIgnoreCase) ? ModelKind.Rerank
        : ModelKind.Chat;

    private static bool IsModerator(string model) => model.Contains("moderation", StringComparison.OrdinalIgnoreCase);
}

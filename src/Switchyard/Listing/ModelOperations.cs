using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Listing;

/// <summary>The operations a model supports: those of its provider that fit its kind of model.</summary>
internal static class ModelOperations
{
    public static IReadOnlyList<CallOperation> Of(IProvider? provider, ListedModel model)
    {
        IEnumerable<CallOperation> served = provider switch
        {
            IHttpProvider { IsInitialized: true } http => http.Endpoint.Operations,
            IChatClientProvider inProcess => InProcessOperations.Of(inProcess),
            _ => [],
        };
        return
        [
            .. served.Where(operation => model.StatedCapabilities is { } stated
                ? IsStated(operation, stated)
                : IsFor(operation, model.Kind ?? Guess(model.Model), model.Model)).Order(),
        ];
    }

    private static bool IsStated(CallOperation operation, ModelCapabilities stated) => operation switch
    {
        CallOperation.Chat or CallOperation.Completion or CallOperation.CountTokens or CallOperation.Compaction => stated.Completion,
        CallOperation.Embedding => stated.Embedding,
        // A class has no word for these: a model that neither chats nor embeds is for what else its provider serves.
        CallOperation.Rerank or CallOperation.ImageGeneration or CallOperation.ImageEdit or CallOperation.Speech
            or CallOperation.Transcription or CallOperation.AudioTranslation or CallOperation.Moderation =>
            stated is { Completion: false, Embedding: false },
        _ => false,
    };

    private static bool IsFor(CallOperation operation, ModelKind kind, string model) => operation switch
    {
        CallOperation.Moderation => IsModerator(model),
        CallOperation.Chat or CallOperation.Completion or CallOperation.CountTokens or CallOperation.Compaction =>
            kind == ModelKind.Chat && !IsModerator(model),
        CallOperation.Embedding => kind == ModelKind.Embedding,
        CallOperation.Rerank => kind == ModelKind.Rerank,
        CallOperation.ImageGeneration or CallOperation.ImageEdit => kind == ModelKind.Image,
        CallOperation.Speech => kind == ModelKind.Speech,
        CallOperation.Transcription or CallOperation.AudioTranslation => kind == ModelKind.Transcription,
        _ => false,
    };

    // For a model that the catalogue does not have: guessed from its name.
    private static ModelKind Guess(string model) =>
        model.Contains("embed", StringComparison.OrdinalIgnoreCase) ? ModelKind.Embedding
        : model.Contains("rerank", StringComparison.OrdinalIgnoreCase) ? ModelKind.Rerank
        : ModelKind.Chat;

    private static bool IsModerator(string model) => model.Contains("moderation", StringComparison.OrdinalIgnoreCase);
}

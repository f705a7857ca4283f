using System.Text.Json;

namespace Switchyard.Canonical;

/// <summary>Facts about a <see cref="CallOperation"/>.</summary>
public static class CallOperations
{
    /// <summary>The operations that each built-in format has a path for.</summary>
    private static readonly Dictionary<DialectId, CallOperation[]> s_ofDialect = new()
    {
        [DialectId.OpenAIChat] =
        [
            .. Enum.GetValues<CallOperation>().Where(operation => operation is not (CallOperation.CountTokens or CallOperation.Compaction)),
        ],
        [DialectId.OpenAIResponses] = [CallOperation.Chat, CallOperation.CountTokens, CallOperation.Compaction],
        [DialectId.AnthropicMessages] = [CallOperation.Chat, CallOperation.CountTokens],
        [DialectId.Gemini] = [CallOperation.Chat, CallOperation.CountTokens, CallOperation.Embedding],
        [DialectId.BedrockConverse] = [CallOperation.Chat, CallOperation.Completion, CallOperation.CountTokens, CallOperation.Embedding],
        [DialectId.Cohere] = [CallOperation.Chat, CallOperation.Embedding, CallOperation.Rerank],
        [DialectId.Ollama] = [CallOperation.Chat, CallOperation.Completion, CallOperation.Embedding],
    };

    /// <summary>
    /// The data name of <see cref="CallOperation.AudioTranslation"/>, the only one that is not the member's name in snake case.
    /// </summary>
    internal const string AudioTranslationDataName = "translation";

    /// <summary>
    /// Whether the operation has no canonical form: it is forwarded to a provider of the client's own format, never translated, and its
    /// answer is passed on unchanged.
    /// </summary>
    internal static bool IsForwardOnly(CallOperation operation) => operation is CallOperation.Moderation or CallOperation.ImageGeneration
        or CallOperation.ImageEdit or CallOperation.Speech or CallOperation.Transcription or CallOperation.AudioTranslation;

    /// <summary>
    /// Whether an answer is passed on unchanged, whatever happened to the request. A compaction's request has a canonical form, so that
    /// guards can read and change it, but its answer is encrypted.
    /// </summary>
    internal static bool ForwardsAnswer(CallOperation operation) => IsForwardOnly(operation) || operation == CallOperation.Compaction;

    /// <summary>
    /// Whether one of these formats has the operation. What a provider stores is not asked of a format of calls, and a format of a host's
    /// own may have everything but compactions.
    /// </summary>
    internal static bool IsIn(CallOperation operation, IReadOnlyList<DialectId> dialects)
    {
        if (IsOfStored(operation))
            return true;
        foreach (var dialect in dialects)
        {
            var has = s_ofDialect.TryGetValue(dialect, out var operations)
                ? operations.Contains(operation)
                : operation != CallOperation.Compaction;
            if (has)
                return true;
        }

        return false;
    }

    /// <summary>Whether an answer may be of any media type: audio, or a transcript in its own format.</summary>
    internal static bool AnswersAnyMedia(CallOperation operation) =>
        operation is CallOperation.Speech or CallOperation.Transcription or CallOperation.AudioTranslation;

    /// <summary>Whether an answer may be a text that is not JSON: a transcript.</summary>
    internal static bool AnswersText(CallOperation operation) =>
        operation is CallOperation.Transcription or CallOperation.AudioTranslation;

    /// <summary>Whether the operation calls no model: it reads or changes what a provider stores.</summary>
    internal static bool IsOfStored(CallOperation operation) =>
        operation is CallOperation.StoredResponse or CallOperation.File or CallOperation.Batch;

    /// <summary>
    /// The operation's name in <c>providers.json</c> and in answers of the gateway: <c>chat</c>, <c>image_generation</c>.
    /// </summary>
    public static string DataName(CallOperation operation) => operation == CallOperation.AudioTranslation
        ? AudioTranslationDataName
        : JsonNamingPolicy.SnakeCaseLower.ConvertName(operation.ToString());

    /// <summary>The operation in words, for messages.</summary>
    internal static string Name(CallOperation operation) => operation switch
    {
        CallOperation.Chat => "chat completions",
        CallOperation.Completion => "legacy completions",
        CallOperation.Embedding => "embeddings",
        CallOperation.Moderation => "moderations",
        CallOperation.CountTokens => "token counts",
        CallOperation.Rerank => "reranking",
        CallOperation.ImageGeneration => "image generation",
        CallOperation.ImageEdit => "image edits",
        CallOperation.Speech => "speech",
        CallOperation.Transcription => "transcription",
        CallOperation.AudioTranslation => "audio translation",
        CallOperation.StoredResponse => "stored responses",
        CallOperation.File => "files",
        CallOperation.Batch => "batches",
        CallOperation.Compaction => "compaction of conversations",
        _ => operation.ToString(),
    };
}

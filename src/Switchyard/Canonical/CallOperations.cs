namespace Switchyard.Canonical;

/// <summary>What follows from a <see cref="CallOperation"/>.</summary>
internal static class CallOperations
{
    /// <summary>
    /// Whether the operation has no canonical form: it reaches only providers that speak the client's own format, and what they answer
    /// passes as it is.
    /// </summary>
    public static bool IsForwardOnly(CallOperation operation) => operation is CallOperation.Moderation or CallOperation.ImageGeneration
        or CallOperation.ImageEdit or CallOperation.Speech or CallOperation.Transcription or CallOperation.Translation;

    /// <summary>Whether an answer may be of any media type: audio, or a transcript in a format of its own.</summary>
    public static bool AnswersAnyMedia(CallOperation operation) =>
        operation is CallOperation.Speech or CallOperation.Transcription or CallOperation.Translation;

    /// <summary>The operation in words, for messages.</summary>
    public static string Name(CallOperation operation) => operation switch
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
        CallOperation.Translation => "audio translation",
        _ => operation.ToString(),
    };
}

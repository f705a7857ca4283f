using Switchyard.Calls;

namespace Switchyard.Egress;

/// <summary>The error of an operation the chosen provider does not have.</summary>
internal static class UnsupportedOperation
{
    public static CallError Error(CallOperation operation, string provider) =>
        new(CallErrorKind.InvalidRequest, $"{provider} does not serve {Name(operation)}. Choose a model of a provider that does; `switchyard providers` lists what each serves.")
        {
            Param = "model",
            Code = "unsupported_operation",
            Provider = provider,
        };

    private static string Name(CallOperation operation) => operation switch
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

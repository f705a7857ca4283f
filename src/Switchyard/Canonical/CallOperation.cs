using System.Text.Json.Serialization;

namespace Switchyard.Canonical;

/// <summary>What a call asks a model to do.</summary>
public enum CallOperation
{
    /// <summary>Messages in, a message out (OpenAI <c>/chat/completions</c> and its like).</summary>
    Chat,

    /// <summary>A prompt in, text out (OpenAI's legacy <c>/completions</c>).</summary>
    Completion,

    /// <summary>Texts in, vectors out (OpenAI <c>/embeddings</c>).</summary>
    Embedding,

    /// <summary>Content in, a judgement of it out (OpenAI <c>/moderations</c>).</summary>
    Moderation,

    /// <summary>
    /// A chat request in, the number of its prompt tokens out (Anthropic <c>/messages/count_tokens</c>, Gemini <c>:countTokens</c>).
    /// </summary>
    CountTokens,

    /// <summary>A query and documents in, the documents' order by relevance out (<c>/rerank</c>).</summary>
    Rerank,

    /// <summary>A description in, images out (OpenAI <c>/images/generations</c>).</summary>
    ImageGeneration,

    /// <summary>Images and a description in, images out (OpenAI <c>/images/edits</c>, multipart).</summary>
    ImageEdit,

    /// <summary>Text in, audio out (OpenAI <c>/audio/speech</c>).</summary>
    Speech,

    /// <summary>Audio in, its words out (OpenAI <c>/audio/transcriptions</c>, multipart).</summary>
    Transcription,

    /// <summary>
    /// Audio in, its words in English out (OpenAI <c>/audio/translations</c>, multipart). <c>providers.json</c> calls it
    /// <c>translation</c>.
    /// </summary>
    [JsonStringEnumMemberName(CallOperations.AudioTranslationDataName)]
    AudioTranslation,

    /// <summary>An answer that its provider stores, read again, deleted or cancelled (OpenAI <c>/responses/{id}</c>).</summary>
    StoredResponse,

    /// <summary>Files that a provider stores (OpenAI <c>/files</c>).</summary>
    File,

    /// <summary>Requests that a provider answers within hours (OpenAI <c>/batches</c>).</summary>
    Batch,

    /// <summary>
    /// A conversation in, a shorter one out that stands for it (OpenAI <c>/responses/compact</c>). Its main item is encrypted, so that only
    /// the account that made it can read it.
    /// </summary>
    Compaction,
}

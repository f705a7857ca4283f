namespace Switchyard.Calls;

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
}

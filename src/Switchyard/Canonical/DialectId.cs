namespace Switchyard.Canonical;

/// <summary>The name of a wire format, for example <c>openai-chat</c>. Compared without regard to case.</summary>
/// <param name="Value">The name as written in configuration and in <c>providers.json</c>.</param>
public readonly record struct DialectId(string Value)
{
    private readonly string? _value = Value;

    /// <summary>The name; empty for <c>default</c>.</summary>
    public string Value
    {
        get => _value ?? "";
        init => _value = value;
    }

    /// <summary>
    /// OpenAI chat completions and the operations that share its conventions (embeddings, legacy completions, moderations).
    /// </summary>
    public static readonly DialectId OpenAIChat = new("openai-chat");

    /// <summary>OpenAI responses: typed input and output items, server-side state if the provider stores it.</summary>
    public static readonly DialectId OpenAIResponses = new("openai-responses");

    /// <summary>Anthropic messages.</summary>
    public static readonly DialectId AnthropicMessages = new("anthropic-messages");

    /// <summary>Gemini <c>generateContent</c>, of the developer API and of Vertex AI.</summary>
    public static readonly DialectId Gemini = new("gemini");

    /// <summary>AWS Bedrock Converse.</summary>
    public static readonly DialectId BedrockConverse = new("bedrock-converse");

    /// <summary>Cohere v2: chat, embed, rerank.</summary>
    public static readonly DialectId Cohere = new("cohere");

    /// <summary>Ollama's native API.</summary>
    public static readonly DialectId Ollama = new("ollama");

    /// <summary>
    /// The gateway's own short form: <c>provider</c>, <c>model</c>, <c>messages</c> in, <c>output</c>, <c>provider</c>, <c>usage</c> out.
    /// </summary>
    public static readonly DialectId Plain = new("plain");

    /// <summary>
    /// No wire format at all: Microsoft.Extensions.AI objects, as an in-process caller or an <c>IChatClient</c> provider uses them.
    /// </summary>
    public static readonly DialectId Canonical = new("canonical");

    /// <inheritdoc/>
    public bool Equals(DialectId other) => string.Equals(Value, other.Value, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Value ?? "");

    /// <inheritdoc/>
    public override string ToString() => Value;
}

namespace Switchyard.Calls;

/// <summary>
/// The keys under which the canonical form (Microsoft.Extensions.AI objects) keeps what its own properties cannot say. A chat option
/// without a home in <c>ChatOptions</c> is kept in <c>ChatOptions.AdditionalProperties</c> under its OpenAI chat field name
/// (<c>logit_bias</c>, <c>n</c>, <c>service_tier</c>, …) as a <see cref="System.Text.Json.JsonElement"/>; every dialect that knows
/// the idea under another name maps from that one. The keys below are those that are not simply an OpenAI field name.
/// </summary>
public static class CanonicalKeys
{
    /// <summary><c>UsageDetails.AdditionalCounts</c>: prompt tokens written to the provider's cache.</summary>
    public const string CacheWriteTokens = "cache_write_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: audio tokens of the prompt.</summary>
    public const string InputAudioTokens = "input_audio_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: audio tokens of the answer.</summary>
    public const string OutputAudioTokens = "output_audio_tokens";

    /// <summary>
    /// On a <c>ChatMessage</c> or <c>ChatResponseUpdate</c>: the choice it belongs to (<see cref="int"/>, from 0), when a request asked
    /// for more than one. Absent means 0.
    /// </summary>
    public const string ChoiceIndex = "choice_index";

    /// <summary>On a <c>ChatMessage</c> of an answer: that choice's finish reason (<c>ChatFinishReason</c>), when a request asked for more than one.</summary>
    public const string FinishReason = "finish_reason";

    /// <summary>On a <c>TextContent</c>: true when the text is the model's refusal rather than its answer.</summary>
    public const string Refusal = "refusal";

    /// <summary>On a content item of a tool call inside an update: the position of the call in its message (<see cref="int"/>, from 0).</summary>
    public const string ToolCallIndex = "tool_call_index";

    /// <summary>
    /// On a <c>FunctionCallContent</c>: the arguments exactly as the provider wrote them (<see cref="string"/>), because they may be
    /// truncated or invalid JSON and because re-serialising would change them.
    /// </summary>
    public const string RawArguments = "raw_arguments";

    /// <summary>
    /// Prefix for a raw wire object that has no canonical home, followed by the dialect: <c>raw:openai-chat</c>. The value is a
    /// <see cref="System.Text.Json.JsonElement"/>; only an encoder of that same dialect may use it, and every other reports it as dropped.
    /// </summary>
    public const string RawPrefix = "raw:";
}

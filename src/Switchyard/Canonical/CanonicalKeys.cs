namespace Switchyard.Canonical;

/// <summary>
/// The keys under which the canonical form (Microsoft.Extensions.AI objects) keeps what its own properties cannot hold. A chat option
/// without a property of <c>ChatOptions</c> is kept in <c>ChatOptions.AdditionalProperties</c> under its OpenAI chat field name
/// (<c>logit_bias</c>, <c>n</c>, <c>service_tier</c>, …) as a <see cref="System.Text.Json.JsonElement"/>; a dialect that has the field
/// under another name maps from that one. The same holds one level down: a member of a message, a content part, a tool or an answer that
/// has no property of its own is kept on that object's <c>AdditionalProperties</c> under its wire name as a
/// <see cref="System.Text.Json.JsonElement"/>. An entry under the name of a field that does have a property (<c>tool_choice</c>,
/// <c>response_format</c>, <c>reasoning_effort</c>) is there only because the property cannot hold all of it, and wins over it. A member of
/// another dialect that OpenAI chat has no name for is kept under that dialect's name and a colon: <c>anthropic-messages:container</c> (see
/// <see cref="Own"/>); only that dialect writes it back, every other reports it. The keys below are the remaining ones.
/// </summary>
public static class CanonicalKeys
{
    /// <summary><c>UsageDetails.AdditionalCounts</c>: prompt tokens written to the provider's cache.</summary>
    public const string CacheWriteTokens = "cache_write_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: of those, the tokens that are kept for an hour.</summary>
    public const string CacheWriteHourTokens = "cache_write_1h_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: audio tokens of the prompt.</summary>
    public const string InputAudioTokens = "input_audio_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: audio tokens of the answer.</summary>
    public const string OutputAudioTokens = "output_audio_tokens";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: how often the provider searched the web.</summary>
    public const string WebSearches = "web_searches";

    /// <summary><c>UsageDetails.AdditionalCounts</c>: how often the provider searched files that it stores.</summary>
    public const string FileSearches = "file_searches";

    /// <summary>
    /// On a <c>ChatMessage</c> or <c>ChatResponseUpdate</c>: the choice it belongs to (<see cref="int"/>, from 0), when a request asked
    /// for more than one. Absent means 0.
    /// </summary>
    public const string ChoiceIndex = "choice_index";

    /// <summary>
    /// On a <c>ChatMessage</c> of an answer: that choice's finish reason (<c>ChatFinishReason</c>), when a request asked for more than one.
    /// </summary>
    public const string FinishReason = "finish_reason";

    /// <summary>On a <c>TextContent</c>: true when the text is the model's refusal rather than its answer.</summary>
    public const string Refusal = "refusal";

    /// <summary>
    /// On a content item of a tool call inside an update: the position of the call in its message (<see cref="int"/>, from 0).
    /// </summary>
    public const string ToolCallIndex = "tool_call_index";

    /// <summary>
    /// On a <c>FunctionCallContent</c>: the arguments exactly as the provider wrote them (<see cref="string"/>), because they may be
    /// truncated or invalid JSON and because re-serialising would change them.
    /// </summary>
    public const string RawArguments = "raw_arguments";

    /// <summary>
    /// Prefix for a raw wire object without a canonical property, followed by the dialect: <c>raw:openai-chat</c>. The value is a
    /// <see cref="System.Text.Json.JsonElement"/>; only an encoder of that same dialect may use it, and every other reports it as dropped.
    /// </summary>
    public const string RawPrefix = "raw:";

    /// <summary>The key for a whole object of the OpenAI chat format: <see cref="RawPrefix"/> and the dialect's name.</summary>
    public const string RawOpenAIChat = RawPrefix + "openai-chat";

    /// <summary>
    /// Prefix, on a <c>ChatMessage</c> of an answer or a <c>ChatResponseUpdate</c>, for a member of the wire's choice object without a
    /// canonical property: <c>choice:native_finish_reason</c>. Members of the message or the answer itself are kept under their own names.
    /// </summary>
    public const string ChoicePrefix = "choice:";

    /// <summary>
    /// Prefix, on a <c>ChatResponseUpdate</c> only, for a member of the wire's delta object: <c>delta:audio</c>. In a whole answer the
    /// message is a separate object, and its members are kept on the <c>ChatMessage</c> under their own names.
    /// </summary>
    public const string DeltaPrefix = "delta:";

    /// <summary>
    /// On a <c>ChatMessage</c> of an answer or a <c>ChatResponseUpdate</c>: the log probabilities of that choice, in OpenAI's shape
    /// (<see cref="System.Text.Json.JsonElement"/>).
    /// </summary>
    public const string LogProbs = "logprobs";

    /// <summary>
    /// On a <c>ChatResponse</c> or a <c>UsageContent</c>: the usage object as the provider wrote it
    /// (<see cref="System.Text.Json.JsonElement"/>), for what <c>UsageDetails</c> has no place for: cost, timings, predicted tokens.
    /// </summary>
    public const string RawUsage = "usage";

    /// <summary>On an image: its detail level (<see cref="string"/>: <c>auto</c>, <c>low</c>, <c>high</c>).</summary>
    public const string ImageDetail = "detail";

    /// <summary>
    /// On a content item, tool or message: the Anthropic cache hint that OpenAI-compatible clients send along
    /// (<see cref="System.Text.Json.JsonElement"/>).
    /// </summary>
    public const string CacheControl = "cache_control";

    /// <summary>
    /// On a function tool: whether its arguments must follow the schema exactly (<see cref="System.Text.Json.JsonElement"/>: true, false or
    /// null).
    /// </summary>
    public const string StrictArguments = "strict";

    /// <summary>
    /// On <c>ChatOptions</c> beside a JSON schema response format: its <c>strict</c> member (<see cref="System.Text.Json.JsonElement"/>).
    /// </summary>
    public const string StrictResponseFormat = "response_format.strict";

    /// <summary>
    /// On a <c>FunctionCallContent</c>: true when it calls a custom tool, whose input is free text (in <see cref="RawArguments"/>, and as
    /// the argument <c>input</c>).
    /// </summary>
    public const string CustomToolCall = "custom_tool_call";

    /// <summary>
    /// On a <c>FunctionCallContent</c> or <c>FunctionResultContent</c>: true when the wire used OpenAI's old <c>function_call</c> and role
    /// <c>function</c>, which have no ids; the decoder made the call id.
    /// </summary>
    public const string LegacyFunctionCall = "legacy_function_call";

    /// <summary>
    /// On a content item: the OpenAI part type it arrived in (<see cref="string"/>), if its media type alone would select another one: an
    /// image sent as a <c>file</c>.
    /// </summary>
    public const string PartType = "part_type";

    /// <summary>
    /// On <c>ChatOptions</c>: the client's limit of reasoning tokens (<see cref="int"/>; 0 is off, -1 leaves it to the model).
    /// <c>ChatOptions.Reasoning.Effort</c> additionally holds the nearest effort.
    /// </summary>
    public const string ReasoningBudget = "reasoning_budget";

    /// <summary>
    /// On a <c>TextReasoningContent</c> with <c>ProtectedData</c>, or on an item with a <see cref="Signature"/>: the dialect whose
    /// providers can read it (<see cref="string"/>). It is never sent to another.
    /// </summary>
    public const string ReasoningOrigin = "reasoning_origin";

    /// <summary>On a <c>TextReasoningContent</c>: true when the provider hid the text and only <c>ProtectedData</c> remains.</summary>
    public const string RedactedReasoning = "redacted_reasoning";

    /// <summary>
    /// On a <c>FunctionCallContent</c>, <c>ToolCallFragment</c> or <c>TextContent</c>: the provider's signature of the reasoning behind it
    /// (<see cref="string"/>). On a <c>ChatMessage</c> of streamed texts that were joined: that of its last text.
    /// </summary>
    public const string Signature = "reasoning_signature";

    /// <summary>On a <c>FunctionResultContent</c>: true when the tool failed; the result is then its error message.</summary>
    public const string IsError = "is_error";

    /// <summary>
    /// On a <c>ChatMessage</c> of an answer or a <c>ChatResponseUpdate</c>: the stop sequence that ended it (<see cref="string"/>).
    /// </summary>
    public const string StopSequence = "stop_sequence";

    /// <summary>On a <c>ChatResponseUpdate</c> without content: true when it is a keep-alive (<c>ping</c>) of the provider.</summary>
    public const string Ping = "ping";

    /// <summary>The key of a dialect's own member: <c>gemini:safetySettings</c>.</summary>
    public static string Own(DialectId dialect, string name) => $"{dialect.Value}:{name}";

    /// <summary>The key for a whole object of a dialect: <c>raw:anthropic-messages</c>.</summary>
    public static string Raw(DialectId dialect) => RawPrefix + dialect.Value;
}

namespace Switchyard.Targets;

/// <summary>A provider's deviations from its dialect. Data: see <c>providers.json</c>. Immutable.</summary>
public sealed record ProviderQuirks
{
    /// <summary>No deviation.</summary>
    public static readonly ProviderQuirks None = new();

    /// <summary>Whether <c>stream_options.include_usage</c> may be sent to get usage at the end of a stream.</summary>
    /// <value>The default is true.</value>
    public bool StreamOptions { get; init; } = true;

    /// <summary>The field that limits generated tokens: <c>max_tokens</c> or <c>max_completion_tokens</c>.</summary>
    /// <value>The default is <c>max_tokens</c>, which most compatible servers read.</value>
    public string MaxTokensField { get; init; } = "max_tokens";

    /// <summary>The answer field with reasoning text, for example <c>reasoning_content</c>; null if the provider has none.</summary>
    public string? ReasoningField { get; init; }

    /// <summary>
    /// Request fields the provider rejects; they are dropped when translating, and reported as losses. <c>messages[].name</c> is the name
    /// in all messages except tool messages.
    /// </summary>
    public IReadOnlyList<string> UnsupportedParams { get; init; } = [];

    /// <summary>Request fields that have another name at this provider: from the dialect's name to the provider's.</summary>
    public IReadOnlyDictionary<string, string> RenamedParams { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The exact length of a tool call's id, letters and digits only. Other ids are replaced, in both call and result. Null if any id is
    /// accepted.
    /// </summary>
    public int? ToolCallIdLength { get; init; }

    /// <summary>
    /// Whether messages are checked as OpenAI checks them: a tool call's id of more than 40 characters, an empty <c>tool_calls</c> and a
    /// content part of the type <c>thinking</c> are refused, all of which answers of other servers contain and clients send back.
    /// </summary>
    /// <value>The default is false.</value>
    public bool StrictMessages { get; init; }

    /// <summary>
    /// Whether an answer in the history may be empty: no content and no tool call. If not, it is left out, because it says nothing.
    /// </summary>
    /// <value>The default is true.</value>
    public bool EmptyAnswers { get; init; } = true;

    /// <summary>The value of <c>tool_choice</c> that requires a call of any tool.</summary>
    /// <value>The default is <c>required</c>.</value>
    public string RequiredToolChoice { get; init; } = "required";

    /// <summary>Whether the role <c>developer</c> is accepted; if not, its messages are sent with the role <c>system</c>.</summary>
    /// <value>The default is true.</value>
    public bool DeveloperRole { get; init; } = true;

    /// <summary>
    /// The allowed members of a message. The provider rejects others, so they are dropped and reported as losses. Empty if all are
    /// accepted.
    /// </summary>
    public IReadOnlyList<string> MessageFields { get; init; } = [];

    /// <summary>Whether audio in a message is plain base64 instead of an object with data and format.</summary>
    public bool BareInputAudio { get; init; }

    /// <summary>
    /// Whether a user or system message right after a tool message is refused, so that an assistant message must be inserted between them,
    /// and a conversation that ends with a system message, which then becomes the user's.
    /// </summary>
    public bool AssistantAfterTool { get; init; }

    /// <summary>
    /// The member that marks a last assistant message as the beginning of the answer, if the provider refuses such a message without it:
    /// <c>prefix</c>. It is set to true. Null if the provider needs no mark.
    /// </summary>
    internal string? PrefillField { get; init; }

    /// <summary>Whether text-only content must be one string: lists of text parts are joined.</summary>
    /// <value>The default is false.</value>
    public bool PlainTextContent { get; init; }

    /// <summary>
    /// Whether a conversation with tool calls is refused unless each answer in it contains its reasoning (<see cref="ReasoningField"/>).
    /// Reasoning that the client has not kept is restored if it is known, else replaced by a space.
    /// </summary>
    /// <value>The default is false.</value>
    public bool EchoedReasoning { get; init; }

    /// <summary>
    /// Whether a required tool call is refused while the model reasons: reasoning is then switched off by <see cref="ReasoningOff"/>.
    /// </summary>
    /// <value>The default is false.</value>
    public bool ForcedToolStopsReasoning { get; init; }

    /// <summary>
    /// Whether reasoning is a part of the content, of the type <c>thinking</c>: that of earlier messages is written so, and that of an
    /// answer is translated, unless the request itself has such a part or a field of <see cref="OwnFields"/>.
    /// </summary>
    public bool ThinkingParts { get; init; }

    /// <summary>
    /// The fields that only clients of the provider's own format send. Such a client gets answers in that format, unchanged.
    /// </summary>
    /// <value>The default is none.</value>
    internal IReadOnlyList<string> OwnFields { get; init; } = [];

    /// <summary>The maximum number of stop sequences; only the first ones are sent. Null for no limit.</summary>
    public int? MaxStops { get; init; }

    /// <summary>The accepted values of <c>reasoning_effort</c>; another value becomes the nearest. Empty if all are accepted.</summary>
    public IReadOnlyList<string> ReasoningEfforts { get; init; } = [];

    /// <summary>
    /// The members that switch reasoning off, by name, each value as JSON text: <c>thinking</c>, <c>{"type":"disabled"}</c>. Empty if
    /// <c>reasoning_effort</c> does.
    /// </summary>
    public IReadOnlyDictionary<string, string> ReasoningOff { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Whether OpenAI's custom tools and, in its Responses format, namespaces of tools are accepted. If not, they are sent as functions.
    /// </summary>
    public bool CustomTools { get; init; }

    /// <summary>
    /// Whether embeddings accept <c>"encoding_format": "float"</c> (not at Voyage, which accepts only <c>base64</c> or no value). If not, a
    /// request with it is rewritten without it, and its answer too.
    /// </summary>
    /// <value>The default is true.</value>
    internal bool FloatEncodingFormat { get; init; } = true;

    /// <summary>
    /// How many texts one request may embed (10 at DashScope). A request with more is sent as several, one after the other, and their
    /// answers are joined. Null if any number may be sent, or what the dialect says (96 for Cohere, 100 for Gemini).
    /// </summary>
    internal int? MaxEmbeddingInputs { get; init; }

    /// <summary>
    /// Whether reranking follows the conventions of embeddings (Voyage): <c>top_k</c> instead of <c>top_n</c>, and results in <c>data</c>.
    /// Such an answer is rewritten, not forwarded, unless the request uses <c>top_k</c>, as those servers' own clients do.
    /// </summary>
    public bool RerankList { get; init; }

    /// <summary>
    /// Whether the URL contains the model and the streaming mode, so that the body must not (other vendors' models hosted by Vertex AI).
    /// </summary>
    public bool ModelInPath { get; init; }

    /// <summary>String members added to every body, by name (<c>anthropic_version</c> if a host requires it there).</summary>
    public IReadOnlyDictionary<string, string> BodyFields { get; init; } = new Dictionary<string, string>();

    /// <summary>The prefixes of the beta flags this host accepts, if it rejects unknown ones; null if it accepts all.</summary>
    public IReadOnlyList<string>? BetaAllow { get; init; }

    /// <summary>Whether <c>cache_control</c> on messages, parts and tools is sent; if not, it is reported as a loss.</summary>
    /// <value>The default is true: hosts of several vendors' models forward it.</value>
    public bool CacheControl { get; init; } = true;
}

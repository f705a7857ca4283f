namespace Switchyard.Targets;

/// <summary>What a provider does differently from its dialect's norm. Data: see <c>providers.json</c>.</summary>
public sealed record ProviderQuirks
{
    /// <summary>The norm: nothing different.</summary>
    public static readonly ProviderQuirks None = new();

    /// <summary>Whether <c>stream_options.include_usage</c> may be sent to get usage at the end of a stream.</summary>
    /// <value>The default is true.</value>
    public bool StreamOptions { get; init; } = true;

    /// <summary>The field that bounds generated tokens: <c>max_tokens</c> or <c>max_completion_tokens</c>.</summary>
    /// <value>The default is <c>max_tokens</c>, which most compatible servers read.</value>
    public string MaxTokensField { get; init; } = "max_tokens";

    /// <summary>The answer field that carries reasoning text, for example <c>reasoning_content</c>; null when the provider has none.</summary>
    public string? ReasoningField { get; init; }

    /// <summary>Request fields the provider rejects; they are dropped when translating, and reported. <c>messages[].name</c> is that of all messages but a tool's.</summary>
    public IReadOnlyList<string> UnsupportedParams { get; init; } = [];

    /// <summary>Request fields the provider knows under another name, from ours to theirs.</summary>
    public IReadOnlyDictionary<string, string> RenamedParams { get; init; } = new Dictionary<string, string>();

    /// <summary>The exact length of a tool call's id, of letters and digits only; others are replaced, call and result alike. Null where any id is taken.</summary>
    public int? ToolCallIdLength { get; init; }

    /// <summary>The word with which <c>tool_choice</c> demands a call of any tool.</summary>
    /// <value>The default is <c>required</c>.</value>
    public string RequiredToolChoice { get; init; } = "required";

    /// <summary>Whether the role <c>developer</c> is understood; where it is not, its messages are the system's.</summary>
    /// <value>The default is true.</value>
    public bool DeveloperRole { get; init; } = true;

    /// <summary>The members a message may have; any other is refused by the provider, so it is dropped and reported. Empty where all are taken.</summary>
    public IReadOnlyList<string> MessageFields { get; init; } = [];

    /// <summary>Whether audio in a message is its bare base64 rather than an object of data and format.</summary>
    public bool BareInputAudio { get; init; }

    /// <summary>Whether reasoning of a history stands in the content, as a part of the type <c>thinking</c>.</summary>
    public bool ThinkingParts { get; init; }

    /// <summary>The values <c>reasoning_effort</c> may have; another becomes the nearest. Empty where all are taken.</summary>
    public IReadOnlyList<string> ReasoningEfforts { get; init; } = [];

    /// <summary>
    /// Whether reranking follows the conventions of embeddings: <c>top_k</c> instead of <c>top_n</c>, and an answer whose results stand in
    /// <c>data</c> (Voyage). Such an answer is written anew.
    /// </summary>
    public bool RerankList { get; init; }

    /// <summary>Whether the address names the model and whether to stream, so that the body must not (Vertex AI's hosting of other vendors' models).</summary>
    public bool ModelInPath { get; init; }

    /// <summary>String members added to every body, by name (<c>anthropic_version</c> where a host wants it there).</summary>
    public IReadOnlyDictionary<string, string> BodyFields { get; init; } = new Dictionary<string, string>();

    /// <summary>The beginnings of the beta flags this host takes, where it refuses those it does not know; null when it takes all.</summary>
    public IReadOnlyList<string>? BetaAllow { get; init; }

    /// <summary>Whether <c>cache_control</c> on messages, parts and tools is carried; where not it is reported.</summary>
    /// <value>The default is true: hosts of several vendors' models pass it on.</value>
    public bool CacheControl { get; init; } = true;
}

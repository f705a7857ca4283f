using Switchyard.Canonical;

namespace Switchyard.Caching;

/// <summary>
/// The top-level members of a format's requests that do not influence the answer, and those whose requests must not share one. The lists
/// are in docs/caching.md too: extend both together.
/// </summary>
/// <param name="Ignored">Members that do not change the answer, or that the key contains in another form (<c>stream</c>).</param>
/// <param name="Refused">Members that make the answer incomplete, or that change something on the provider's side.</param>
internal readonly record struct KeyRules(IReadOnlyList<string> Ignored, IReadOnlyList<string> Refused)
{
    /// <summary>Every member counts: decides whether a request is the same word for word.</summary>
    public static readonly KeyRules Whole = new([], []);

    // The end user, labels for the provider's own pages, and hints for the provider's own cache.
    private static readonly KeyRules s_openAIChat =
        new(["stream", "user", "safety_identifier", "metadata", "prompt_cache_key", "prompt_cache_retention"], []);

    // Its metadata holds only the end user. An answer in a thread is kept by the provider, and can be continued once.
    private static readonly KeyRules s_anthropic = new(["stream", "metadata"], ["thread"]);

    private static readonly KeyRules s_gemini = new(["labels"], []);

    // Its answers repeat the request's user and metadata. A background answer is not finished when it arrives, and one in a
    // conversation becomes part of it.
    private static readonly KeyRules s_responses = new(["stream"], ["background", "conversation", "previous_response_id"]);

    private static readonly KeyRules s_others = new(["stream"], []);

    /// <summary>The rules of a format.</summary>
    public static KeyRules Of(DialectId dialect) =>
        dialect == DialectId.OpenAIChat ? s_openAIChat
        : dialect == DialectId.AnthropicMessages ? s_anthropic
        : dialect == DialectId.Gemini ? s_gemini
        : dialect == DialectId.OpenAIResponses ? s_responses
        : s_others;
}

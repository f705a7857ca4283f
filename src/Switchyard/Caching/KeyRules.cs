using Switchyard.Canonical;

namespace Switchyard.Caching;

/// <summary>
/// Which top-level members of a format's requests have no part in the answer, and which are not to be answered twice. The lists are in
/// docs/caching.md: who adds to them writes it there.
/// </summary>
/// <param name="Ignored">Members that change nothing about the answer, or that the key holds otherwise (<c>stream</c>).</param>
/// <param name="Refused">Members whose answer is no answer yet, or changes something elsewhere.</param>
internal readonly record struct KeyRules(IReadOnlyList<string> Ignored, IReadOnlyList<string> Refused)
{
    /// <summary>Every member counts: for telling whether a request is the same word for word.</summary>
    public static readonly KeyRules Whole = new([], []);

    // Who the end user is, labels for the provider's own pages, and hints for the provider's own cache.
    private static readonly KeyRules s_openAIChat =
        new(["stream", "user", "safety_identifier", "metadata", "prompt_cache_key", "prompt_cache_retention"], []);

    // All its metadata holds is the end user.
    private static readonly KeyRules s_anthropic = new(["stream", "metadata"], []);

    private static readonly KeyRules s_gemini = new(["labels"], []);

    // Its answers repeat the request's user and metadata. One in the background is not finished when it is answered, and one in a
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

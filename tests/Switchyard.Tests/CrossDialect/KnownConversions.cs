namespace Switchyard.Tests.CrossDialect;

/// <summary>The documented exceptions to "never lost without a report", each with its reason.</summary>
internal static class KnownConversions
{
    // Field, format (* for all), the reason why nothing changes.
    private static readonly (string Path, string Egress, string Why)[] s_saysNothing =
    [
        ("n", "*", "one answer is what every format gives unasked"),
        ("stream_options/include_usage", "*", "the gateway asks for usage itself, and gives it to those who asked"),
        ("tool_choice (auto)", "*", "the default of every format"),
        ("parallel_tool_calls (true)", "*", "the default of every format"),
        ("response_format (text)", "*", "the default of every format"),
        ("logprobs (false)", "*", "the default of every format"),
        ("stream", "gemini", "the path says it"),
        ("stream", "bedrock-converse", "the path says it"),
        ("service_tier (auto)", "*", "the default of every format"),
        ("service_tier", "cohere", "standard_only asks for the ordinary tier, and there is no other"),
        ("service_tier", "ollama", "standard_only asks for the ordinary tier, and there is no other"),
        ("service_tier (default)", "*", "the default of every format"),
        ("thinking (disabled)", "*", "the default of Anthropic's format, and not to be switched off where it is not known to be on"),
        ("reasoning_effort (none)", "bedrock-converse", "its models do not reason unless asked"),
        ("generationConfig/candidateCount", "*", "one answer is what every format gives unasked"),
        ("toolConfig (auto)", "*", "the default of every format"),
        (
            "messages/2/content/0/cache_control", "openai-chat",
            "a result has no parts to put the hint on, and these providers cache by themselves"),
        ("store (false)", "*", "the default of every format that does not keep answers"),
        ("encoding_format (float)", "*", "the default of every format"),
        ("return_documents (false)", "*", "the default of every format"),
        ("return_documents", "cohere", "the documents are those of the request, and are put into the answer from it"),
        ("input (list)", "*", "one text, and a list of one"),
        ("content/role", "*", "what is embedded is nobody's turn"),
        ("include", "*", "what another format's provider signs or encrypts is carried where this client keeps it"),
        ("background (false)", "*", "the default of every format"),
        ("text (text)", "*", "the default of every format"),
        ("tools/0/strict (false)", "*", "the default of every other format"),
        ("reasoning (none)", "bedrock-converse", "its models do not reason unless asked"),
        ("reasoning/summary", "anthropic-messages", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning/summary", "bedrock-converse", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning/summary", "cohere", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning/summary", "ollama", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning (detailed)", "anthropic-messages", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning (detailed)", "bedrock-converse", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning (detailed)", "cohere", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("reasoning (detailed)", "ollama", "what is reasoned is shown unasked, and this does not ask for reasoning"),
        ("input/0/id", "*", "only the provider that gave the id knows it"),
        ("input/0/status", "*", "an item of the history is complete"),
        ("input/1/id", "*", "only the provider that gave the id knows it"),
        ("input/1/phase", "*", "a provider's label of what its own model said"),
        ("input/2/id", "*", "only the provider that gave the id knows it; the call goes by its call_id"),
        ("input/2/status", "*", "an item of the history is complete"),
        ("input/3/id", "*", "only the provider that gave the id knows it; the result goes by its call_id"),
    ];

    // A field, or those below it, that yields to another.
    private static readonly (string Path, string Beside, string Egress, string Why)[] s_yields =
    [
        ("stream_options/include_usage", "stream", "*", "the gateway asks for usage itself, and gives it to those who asked"),
        ("tool_choice (auto)", "parallel_tool_calls", "*", "the switch brings the default with it"),
        ("output_config", "*", "*", "effort and budget are two measures of one thing: the one the format has is written"),
        ("thinking", "output_config", "*", "effort and budget are two measures of one thing: the one the format has is written"),
        ("thinking (adaptive)", "output_config", "*", "the effort says more"),
        ("thinking (display)", "output_config", "*", "the effort says more, and the display is reported alone"),
        ("reasoning/summary", "reasoning/generate_summary", "*", "two names of one thing: the old one goes with all that was said of it"),
        ("reasoning/summary", "reasoning/effort", "gemini", "the thoughts are asked for with the effort"),
        ("parallel_tool_calls", "tool_choice (none)", "*", "no call cannot be several"),
        ("tools/0", "tool_choice (none)", "*", "what is said of a tool goes with the tool, which is not offered"),
        ("tools/0", "toolConfig (none)", "*", "what is said of a tool goes with the tool, which is not offered"),
        ("tools/0", "toolConfig (named)", "cohere", "the tool named is the only one offered, because the format cannot name one"),
        ("tools/0", "tool_choice (named)", "cohere", "the tool named is the only one offered, because the format cannot name one"),
        ("tools/0", "tool_choice (allowed)", "*", "what is said of a tool goes with the tool, which is not among those allowed"),
    ];

    public static bool SaysNothing(string path, string egress) =>
        s_saysNothing.Any(one => one.Path == path && (one.Egress == "*" || one.Egress == egress));

    public static bool Yields(string path, string beside, string egress) =>
        s_yields.Any(
            one => (one.Path == path || path.StartsWith(one.Path + "/", StringComparison.Ordinal))
                && (one.Beside == "*" || one.Beside == beside) && (one.Egress == "*" || one.Egress == egress));
}

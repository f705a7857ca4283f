namespace Switchyard.Tests.CrossDialect;

/// <summary>The documented exceptions to "never lost without a word", each with its reason.</summary>
internal static class KnownConversions
{
    // Field, format (* for all), why it is right that nothing changes.
    private static readonly (string Path, string Egress, string Why)[] s_saysNothing =
    [
        ("n", "*", "one answer is what every format gives unasked"),
        ("stream_options/include_usage", "*", "the gateway asks for usage itself, and gives it to those who asked"),
        ("tool_choice (auto)", "*", "the default of every format"),
        ("parallel_tool_calls (true)", "*", "the default of every format"),
        ("response_format (text)", "*", "the default of every format"),
        ("logprobs (false)", "*", "the default of every format"),
        ("service_tier (default)", "*", "the default of every format"),
        ("store (false)", "*", "the default of every format that does not keep answers"),
    ];

    // A field, or those below it, that yields to another.
    private static readonly (string Path, string Beside, string Egress, string Why)[] s_yields =
    [
        ("stream_options/include_usage", "stream", "*", "the gateway asks for usage itself, and gives it to those who asked"),
        ("parallel_tool_calls", "tool_choice (none)", "*", "no call cannot be several"),
        ("tools/0", "tool_choice (none)", "*", "what is said of a tool goes with the tool, which is not offered"),
        ("tools/0", "tool_choice (allowed)", "*", "what is said of a tool goes with the tool, which is not among those allowed"),
    ];

    public static bool SaysNothing(string path, string egress) =>
        s_saysNothing.Any(one => one.Path == path && (one.Egress == "*" || one.Egress == egress));

    public static bool Yields(string path, string beside, string egress) =>
        s_yields.Any(one => (one.Path == path || path.StartsWith(one.Path + "/", StringComparison.Ordinal)) && (one.Beside == "*" || one.Beside == beside) && (one.Egress == "*" || one.Egress == egress));
}

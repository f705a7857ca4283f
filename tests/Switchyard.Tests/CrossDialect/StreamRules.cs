using Switchyard.TestKit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The automaton of each format's stream rules.</summary>
internal static class StreamRules
{
    /// <summary>The rules a stream breaks.</summary>
    public static IReadOnlyList<string> Broken(string format, byte[] stream, bool endsWithError)
    {
        IReadOnlyList<string> problems = [];
        switch (format)
        {
            case "openai-chat":
                OpenAIStreamGrammar.Read(stream, includeUsage: true, endsWithError, out problems);
                break;
            case "anthropic-messages":
                AnthropicStreamGrammar.Read(stream, endsWithError, out problems);
                break;
            case "gemini":
                GeminiStreamGrammar.Read(stream, endsWithError, out problems);
                break;
            case "openai-responses":
                ResponsesStreamGrammar.Read(stream, out problems);
                break;
            case "plain":
                // One line per event, and the last one is marked.
                problems = System.Text.Encoding.UTF8.GetString(stream).EndsWith("\"done\":true}\n\n", StringComparison.Ordinal)
                    || System.Text.Encoding.UTF8.GetString(stream).Contains("\"done\":true,", StringComparison.Ordinal)
                        ? []
                        : ["no last event"];
                break;
            default:
                problems = [$"no automaton knows the rules of {format}"];
                break;
        }

        return problems;
    }
}

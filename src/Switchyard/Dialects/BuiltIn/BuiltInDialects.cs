using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.Dialects.Cohere;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.Ollama;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Dialects.OpenAIResponses;
using Switchyard.Dialects.Plain;

namespace Switchyard.Dialects.BuiltIn;

/// <summary>The wire formats of this version, the only list of them all.</summary>
public static class BuiltInDialects
{
    /// <summary>Every format, for clients, for providers, or for both.</summary>
    public static DialectSet Set { get; } = Create();

    private static DialectSet Create()
    {
        var openAI = new OpenAIChatDialect();
        var responses = new OpenAIResponsesDialect();
        var anthropic = new AnthropicMessagesDialect();
        var gemini = new GeminiDialect();
        return new DialectSet(
            [openAI, responses, anthropic, gemini, new PlainDialect(openAI)],
            [openAI, responses, anthropic, gemini, new BedrockConverseDialect(), new CohereDialect(), new OllamaDialect()]);
    }
}

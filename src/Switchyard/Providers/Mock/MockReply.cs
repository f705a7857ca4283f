using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Providers.Mock;

/// <summary>The mock's answer to a conversation, computed only from the request, so that the same request gets the same answer.</summary>
/// <param name="Text">The answer's text; empty if it calls tools.</param>
/// <param name="ToolCalls">The tools it calls; empty if it answers in text.</param>
/// <param name="FinishReason">The finish reason.</param>
/// <param name="Usage">The token counts.</param>
internal sealed record MockReply(
    string Text, IReadOnlyList<FunctionCallContent> ToolCalls, ChatFinishReason FinishReason, UsageDetails Usage)
{
    public static MockReply To(IReadOnlyList<ChatMessage> messages, ChatOptions? options, MockOptions mock, string model, long callNumber)
    {
        var asked = messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
        var calls = ToolCallsFor(messages, asked, options, model, callNumber);
        var text = calls.Count > 0 ? "" : TextFor(asked, options, mock);
        var reason = calls.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        if (options?.MaxOutputTokens is { } limit && calls.Count == 0 && MockTokens.Count(text) > limit)
        {
            text = MockTokens.Cut(text, limit);
            reason = ChatFinishReason.Length;
        }

        return new MockReply(text, calls, reason, mock.Usage ?? Estimate(messages, text, calls));
    }

    /// <summary>The tokens of a conversation, by the same estimate as an answer's usage.</summary>
    public static int InputTokens(IReadOnlyList<ChatMessage> messages) =>
        MockTokens.Count(string.Concat(messages.Select(message => message.Text)));

    private static string TextFor(string asked, ChatOptions? options, MockOptions mock)
    {
        var isCanned = mock.Answers.TryGetValue(asked, out var canned);
        var text = isCanned ? canned! : mock.Answer.Replace("{message}", asked, StringComparison.Ordinal);
        if (options?.ResponseFormat is not ChatResponseFormatJson json || (isCanned && IsJson(text)))
            return text;
        return json.Schema is { } schema
            ? MockSchema.Instance(schema)
            : new JsonObject { ["response"] = text }.ToJsonString();
    }

    private static List<FunctionCallContent> ToolCallsFor(
        IReadOnlyList<ChatMessage> messages, string asked, ChatOptions? options, string model, long callNumber)
    {
        var tools = options?.Tools?.OfType<AIFunctionDeclaration>().ToList() ?? [];
        // After a tool result it answers in text, even if a tool is required: otherwise a tool loop would never end.
        if (tools.Count == 0 || options?.ToolMode is NoneChatToolMode || messages[^1].Role == ChatRole.Tool)
            return [];
        if (model == MockProvider.TextModel)
            return [];
        var chosen = options?.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } required }
            ? tools.Where(tool => tool.Name == required)
            : tools.Where(tool => asked.Contains(tool.Name, StringComparison.OrdinalIgnoreCase));
        if (options?.AllowMultipleToolCalls is false)
            chosen = chosen.Take(1);
        var picked = chosen.ToList();
        if (picked.Count == 0 && options?.ToolMode is RequiredChatToolMode)
            picked.Add(tools[0]);
        return [.. picked.Select((tool, index) => Call(tool, index, callNumber))];
    }

    private static FunctionCallContent Call(AIFunctionDeclaration tool, int index, long callNumber)
    {
        var json = MockSchema.Instance(tool.JsonSchema);
        var arguments = JsonNode.Parse(json) is JsonObject made
            ? made.ToDictionary(pair => pair.Key, pair => (object?)JsonSerializer.SerializeToElement(pair.Value, MockJson.Default.JsonNode))
            : [];
        return new FunctionCallContent($"call_mock_{callNumber}_{index}", tool.Name, arguments)
        {
            AdditionalProperties = new AdditionalPropertiesDictionary { [CanonicalKeys.ToolCallIndex] = index },
        };
    }

    private static UsageDetails Estimate(IReadOnlyList<ChatMessage> messages, string text, List<FunctionCallContent> calls)
    {
        var input = InputTokens(messages);
        var output = calls.Count == 0 ? MockTokens.Count(text) : calls.Sum(TokensOf);
        return new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output };

        static int TokensOf(FunctionCallContent call) =>
            MockTokens.Count(call.Name) + MockTokens.Count(string.Concat(call.Arguments?.Values.Select(value => value?.ToString()) ?? []));
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonNode.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

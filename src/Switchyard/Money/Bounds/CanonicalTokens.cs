using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Money.Bounds;

/// <summary>The <see cref="TokenBounds"/> of a decoded request, or of one that an in-process caller has built.</summary>
internal static class CanonicalTokens
{
    public static TokenBounds BoundsOf(CanonicalRequest request) => request switch
    {
        CanonicalChatRequest chat => OfChat(chat),
        CanonicalEmbeddingRequest embedding => new(embedding.Inputs.Sum(input => input.Tokens?.Count ?? OfText(input.Text) + 8), 1)
        {
            Files = embedding.Inputs.Sum(input => (long)(input.Tokens?.Count ?? 0)),
        },
        CanonicalRerankRequest rerank => new(
            (OfText(rerank.Query) * Math.Max(1, rerank.Documents.Count)) + rerank.Documents.Sum(document => OfText(document.Text) + 8), 1),
        _ => new(ContentTokens.Referred, 1),
    };

    private static TokenBounds OfChat(CanonicalChatRequest chat)
    {
        var (tokens, files) = (OfText(chat.Options.Instructions), 0L);
        foreach (var message in chat.Messages)
        {
            tokens += 64;
            foreach (var content in message.Contents)
            {
                var most = OfContent(content);
                tokens += most;
                files += content is DataContent or UriContent or HostedFileContent ? most : 0;
            }
        }

        if (chat.Options.Tools is { Count: > 0 })
            tokens += ContentTokens.ToolPrompt;
        var tools = default(ToolBounds);
        foreach (var tool in chat.Options.Tools ?? [])
        {
            tools.Take(tool);
            tokens += 64 + OfText(tool.Name) + OfText(tool.Description);
            if (tool is AIFunctionDeclaration function)
                tokens += OfText(function.JsonSchema.GetRawText());
        }

        if (chat.Options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema })
            tokens += OfText(schema.GetRawText());
        var hasMore = chat.Options.AdditionalProperties?.Any(static entry =>
            entry.Value is ProviderStateField && IsKeptContent(entry.Key)) is true;
        tools.Take(chat.Options);
        if (hasMore)
            tools.MayHaveMore();
        return new(tokens, Math.Clamp(Math.Max(NumberOf(chat.Options, "n"), NumberOf(chat.Options, "best_of")), 1, TokenBounds.MaxChoices))
        {
            Files = files,
            HasMore = hasMore,
            WebSearches = tools.WebSearches,
            FileSearches = tools.FileSearches,
            Further = tools.Advice + (Compacts(chat.Options) ? 1 : 0),
        };
    }

    /// <summary>
    /// Whether a kept field refers to content at the provider. The answer that a call continues is in its envelope, and a background answer
    /// has no longer prompt.
    /// </summary>
    private static bool IsKeptContent(string key) => key[(key.LastIndexOf(':') + 1)..] is "prompt" or "cachedContent" or "thread";

    private static bool Compacts(ChatOptions options) =>
        KeptFields.Find(options.AdditionalProperties, DialectId.AnthropicMessages, "context_management")?.Member("edits") is
            { ValueKind: JsonValueKind.Array } edits
        && edits.EnumerateArray().Any(static edit => edit.Text("type")?.StartsWith("compact_", StringComparison.Ordinal) is true);

    /// <summary>
    /// A count among the options, as JSON or as an in-process caller sets it; 1 if there is none, the most if it cannot be read.
    /// </summary>
    private static int NumberOf(ChatOptions options, string name)
    {
        object? value = null;
        options.AdditionalProperties?.TryGetValue(name, out value);
        return WrittenCount.Of(value) is { } count ? WrittenCount.Within(count, 1, TokenBounds.MaxChoices)
            : value is string or JsonElement { ValueKind: JsonValueKind.String } ? TokenBounds.MaxChoices
            : 1;
    }

    private static long OfContent(AIContent content) => content switch
    {
        TextContent text => OfText(text.Text),
        TextReasoningContent reasoning => OfText(reasoning.Text) + OfText(reasoning.ProtectedData),
        DataContent data => ContentTokens.Of(
            data.HasTopLevelMediaType("image") ? FileKind.Image : data.HasTopLevelMediaType("audio") ? FileKind.Audio : FileKind.Other,
            data.Data.Length),
        UriContent uri => uri.HasTopLevelMediaType("image") ? ContentTokens.Image : ContentTokens.Referred,
        FunctionCallContent call => 64 + OfText(call.Name)
            + Math.Max(
                call.Arguments?.Sum(pair => OfText(pair.Key) + OfValue(pair.Value) + 8) ?? 0,
                OfText(call.AdditionalProperties.Text(CanonicalKeys.RawArguments))),
        FunctionResultContent result => 64 + OfValue(result.Result),
        HostedFileContent => ContentTokens.Referred,
        _ => ContentTokens.Unknown,
    };

    /// <summary>A tool argument or result of any type: a list of contents counts as contents, anything but text is sent as JSON.</summary>
    private static long OfValue(object? value)
    {
        switch (value)
        {
            case null or string or JsonElement:
                return OfText(value?.ToString());
            case AIContent content:
                return OfContent(content);
            case IEnumerable<AIContent> contents:
                return contents.Sum(OfContent);
        }

        try
        {
            return OfText(WireJson.ToJson(value));
        }
        catch (CallException)
        {
            // An in-process provider may accept the object as it is.
            return ContentTokens.Unknown;
        }
    }

    private static long OfText(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Puts the citations of a streamed answer back into its texts. A stream has them as empty texts before the text of their block, and so has
/// a history that was gathered from its updates; the API has them in the block (<c>citations</c>).
/// </summary>
/// <remarks>
/// Source: <see href="https://docs.claude.com/en/docs/build-with-claude/citations">Citations</see>, "Streaming support".
/// </remarks>
internal static class StreamedCitations
{
    /// <summary>The request with its citations in its texts; the same one if none came from a stream.</summary>
    public static CanonicalChatRequest Join(CanonicalChatRequest request)
    {
        if (!request.Messages.Any(static message => message.Contents.Any(IsPiece)))
            return request;
        return new CanonicalChatRequest([.. request.Messages.Select(Join)], request.Options, request.Operation) { Stream = request.Stream };
    }

    private static ChatMessage Join(ChatMessage message)
    {
        // A message without text stays unchanged, so that each lost citation is reported by its position.
        if (!message.Contents.Any(IsPiece) || !message.Contents.Any(IsCitable))
            return message;
        var contents = new List<AIContent>(message.Contents.Count);
        var pieces = new List<AIContent>();
        foreach (var content in message.Contents)
        {
            if (IsPiece(content))
            {
                pieces.Add(content);
                continue;
            }

            var isCited = pieces.Count > 0 && IsCitable(content);
            contents.Add(isCited ? Cited((TextContent)content, pieces) : content);
            if (isCited)
                pieces.Clear();
        }

        // Servers of this format may also send them after the text.
        if (pieces.Count > 0)
        {
            var last = contents.FindLastIndex(IsCitable);
            contents[last] = Cited((TextContent)contents[last], pieces);
        }

        var joined = message.Clone();
        joined.Contents = contents;
        return joined;
    }

    private static bool IsPiece(AIContent content) =>
        content is TextContent { Text.Length: 0 } && content.AdditionalProperties.Element(AnthropicKeys.OwnCitation) is not null;

    private static bool IsCitable(AIContent content) => content is TextContent text && !string.IsNullOrWhiteSpace(text.Text);

    private static TextContent Cited(TextContent text, List<AIContent> pieces)
    {
        var citations = pieces.Select(static piece => piece.AdditionalProperties.Element(AnthropicKeys.OwnCitation)!.Value);
        if (text.AdditionalProperties.Element(AnthropicKeys.OwnCitations) is { ValueKind: JsonValueKind.Array } before)
            citations = before.EnumerateArray().Concat(citations);

        return new TextContent(text.Text)
        {
            Annotations = [.. text.Annotations ?? [], .. pieces.SelectMany(static piece => piece.Annotations ?? [])],
            AdditionalProperties = new AdditionalPropertiesDictionary(text.AdditionalProperties ?? [])
            {
                [AnthropicKeys.OwnCitations] = JsonElement.Parse($"[{string.Join(',', citations.Select(static one => one.GetRawText()))}]"),
            },
        };
    }
}

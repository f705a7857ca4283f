using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The contents of a client in this process as the encoders of wire formats know them: a refusal, which comes as an error, is text that is
/// marked as refusal, and citations that come alone after a streamed text belong to an empty text. The client's objects are not changed.
/// </summary>
internal static class WireContents
{
    /// <summary>The contents in that form; the same list if nothing changes.</summary>
    public static IList<AIContent> Of(IList<AIContent> contents)
    {
        List<AIContent>? changed = null;
        for (var i = 0; i < contents.Count; i++)
        {
            var content = Of(contents[i]);
            if (!ReferenceEquals(content, contents[i]))
                (changed ??= [.. contents])[i] = content;
        }

        return changed ?? contents;
    }

    /// <summary>The same for a whole answer, which belongs to the call; its messages may be the client's.</summary>
    public static void Fit(ChatResponse answer)
    {
        for (var i = 0; i < answer.Messages.Count; i++)
        {
            var contents = Of(answer.Messages[i].Contents);
            if (ReferenceEquals(contents, answer.Messages[i].Contents))
                continue;
            answer.Messages[i] = answer.Messages[i].Clone();
            answer.Messages[i].Contents = contents;
        }
    }

    private static AIContent Of(AIContent content) => content switch
    {
        ErrorContent error when ReportedErrors.IsRefusal(error) =>
            new TextContent(error.Message) { AdditionalProperties = new() { [CanonicalKeys.Refusal] = true } },
        { Annotations.Count: > 0, AdditionalProperties: null } when content.GetType() == typeof(AIContent) =>
            new TextContent("") { Annotations = content.Annotations },
        _ => content,
    };
}

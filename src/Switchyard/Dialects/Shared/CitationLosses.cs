using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>Names the citations of an earlier answer that a history holds, for formats whose histories have no place for them.</summary>
internal static class CitationLosses
{
    /// <summary>Names those of all contents, as <see cref="Report(AIContent, ChatMessage, LossReport, string)"/> does.</summary>
    /// <param name="message">The message.</param>
    /// <param name="losses">Takes the names.</param>
    /// <param name="path">The message's path.</param>
    public static void Report(ChatMessage message, LossReport losses, string path)
    {
        // Paths are built only for contents with citations, which are few.
        for (var i = 0; i < message.Contents.Count; i++)
        {
            if (Holds(message.Contents[i]))
                Report(message.Contents[i], message, losses, message.Contents.Count == 1 ? $"{path}.content" : $"{path}.content[{i}]");
        }
    }

    /// <summary>
    /// Names the citations of a content, unless a decoder also kept them unchanged: then they are written or named with what it kept.
    /// </summary>
    /// <param name="content">The content.</param>
    /// <param name="message">The message that holds it; OpenAI chat has its annotations there.</param>
    /// <param name="losses">Takes the name.</param>
    /// <param name="path">The content's path.</param>
    public static void Report(AIContent content, ChatMessage message, LossReport losses, string path)
    {
        if (Holds(content) && message.AdditionalProperties.Element("annotations") is null && !IsKept(content.AdditionalProperties))
            losses.Drop(path + ".annotations");
    }

    /// <summary>Names the citations of a content that is not written at all.</summary>
    public static void ReportUnwritten(AIContent content, LossReport losses, string path)
    {
        if (Holds(content))
            losses.Drop(path + ".annotations");
    }

    /// <summary>Names the citations of the texts in a tool's result, for formats that write these as one text.</summary>
    public static void ReportOfResult(FunctionResultContent result, LossReport losses, string path)
    {
        var isCited = result.Result switch
        {
            AIContent single => IsCited(single),
            IEnumerable<AIContent> several => several.Any(IsCited),
            _ => false,
        };
        if (isCited)
            losses.Drop(path + ".annotations");
    }

    // What is not text is written, or named, as a content of its own.
    private static bool IsCited(AIContent content) => content is TextContent && (Holds(content) || IsKept(content.AdditionalProperties));

    private static bool Holds(AIContent content) => content.Annotations?.OfType<CitationAnnotation>().Any() == true;

    private static bool IsKept(AdditionalPropertiesDictionary? kept) => kept is not null && kept.Keys.Any(
        static key => KeptFields.IsPrefixed(key)
            && (key.EndsWith(":citation", StringComparison.Ordinal) || key.EndsWith(":citations", StringComparison.Ordinal)));
}

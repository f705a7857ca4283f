using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>A tool's result for the formats that take it as one text.</summary>
/// <param name="Text">
/// All its text; that of a failed tool begins with <c>Error: </c>, because these formats have no field for failure.
/// </param>
/// <param name="Others">What is not text, in order.</param>
internal readonly record struct ToolResult(string Text, IReadOnlyList<AIContent> Others)
{
    private const string ErrorPrefix = "Error: ";

    /// <summary>Reads a result of any of the types the canonical form allows.</summary>
    public static ToolResult Of(FunctionResultContent result)
    {
        var others = new List<AIContent>();
        var text = result.Result switch
        {
            null => result.Exception is { } exception ? ErrorPrefix + exception.Message : "",
            string plain => plain,
            AIContent content => TextOf([content], others),
            IEnumerable<AIContent> contents => TextOf(contents, others),
            JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
            var other => WireJson.ToJson(other),
        };
        return new(IsError(result) && !text.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? ErrorPrefix + text : text, others);
    }

    /// <summary>
    /// The text for a result of which nothing can be written: it names what the tool returned, because a model takes an empty text as the
    /// result.
    /// </summary>
    public static string NameOf(IEnumerable<AIContent> parts) =>
        string.Join(' ', parts.Select(part => $"[{KeptFields.KindOf(part.AdditionalProperties) ?? "content"}]"));

    /// <summary>Whether the tool failed.</summary>
    public static bool IsError(FunctionResultContent result) =>
        result.AdditionalProperties.IsTrue(CanonicalKeys.IsError);

    /// <summary>Whether no format but the one it came in has a place for it.</summary>
    private static bool IsUnknown(AIContent content) => content is not (DataContent or UriContent or HostedFileContent);

    private static string TextOf(IEnumerable<AIContent> contents, List<AIContent> others)
    {
        var texts = new List<string>();
        foreach (var content in contents)
        {
            if (content is TextContent text)
                texts.Add(text.Text);
            else
                others.Add(content);
        }

        return texts.Count == 0 && others.TrueForAll(IsUnknown) ? NameOf(others) : string.Join('\n', texts);
    }
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// The purpose of texts to be embedded: <c>input_type</c>, in the words of other servers' clients or of search models, and
/// <c>taskType</c>, the same under another name.
/// </summary>
internal static class InputTypes
{
    /// <summary>The field's name in the formats that call it so.</summary>
    public const string Name = "input_type";

    /// <summary>The field's other name.</summary>
    public const string Task = "taskType";

    private const string Document = "search_document";

    private const string Query = "search_query";

    private static readonly string s_task = CanonicalKeys.Own(DialectId.Gemini, Task);

    /// <summary>
    /// <c>search_query</c> for <c>query</c>; <c>search_document</c> for <c>passage</c>, <c>document</c> or nothing; any other word as it
    /// is. Without the field, the purpose that <c>taskType</c> names.
    /// </summary>
    public static string Of(AdditionalPropertiesDictionary? kept) => Plain(kept) switch
    {
        null or "" => OfTask(kept) ?? Document,
        "passage" or "document" => Document,
        "query" => Query,
        var word => word,
    };

    /// <summary>
    /// What is kept but for a <c>taskType</c> that <see cref="Of"/> has carried. One that it cannot carry is left to be reported.
    /// </summary>
    public static AdditionalPropertiesDictionary? WithoutTask(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null || Plain(kept) is { Length: > 0 } || OfTask(kept) is null)
            return kept;
        var others = new AdditionalPropertiesDictionary(kept);
        others.Remove(s_task);
        return others;
    }

    /// <summary>The task that <c>input_type</c> names; null without the field, or if no task has its meaning.</summary>
    public static string? TaskOf(AdditionalPropertiesDictionary? kept) => Plain(kept) switch
    {
        "query" or Query => "RETRIEVAL_QUERY",
        "passage" or "document" or Document => "RETRIEVAL_DOCUMENT",
        "classification" => "CLASSIFICATION",
        "clustering" => "CLUSTERING",
        _ => null,
    };

    /// <summary>The tasks for the side of the query are the same purpose here: their documents have the task of documents.</summary>
    private static string? OfTask(AdditionalPropertiesDictionary? kept) => kept.Text(s_task) switch
    {
        "RETRIEVAL_DOCUMENT" => Document,
        "RETRIEVAL_QUERY" or "QUESTION_ANSWERING" or "FACT_VERIFICATION" or "CODE_RETRIEVAL_QUERY" => Query,
        "CLASSIFICATION" => "classification",
        "CLUSTERING" => "clustering",
        _ => null,
    };

    private static string? Plain(AdditionalPropertiesDictionary? kept) =>
        UnsupportedOptions.Find(kept, Name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}

using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>The purpose of texts to be embedded (<c>input_type</c>): maps clients' words to those of search models.</summary>
internal static class InputTypes
{
    /// <summary>The field's name, the same in every format that has it.</summary>
    public const string Name = "input_type";

    /// <summary>
    /// <c>search_query</c> for <c>query</c>; <c>search_document</c> for <c>passage</c>, <c>document</c> or nothing; any other word as it
    /// is.
    /// </summary>
    public static string Of(AdditionalPropertiesDictionary? kept)
    {
        var plain = UnsupportedOptions.Find(kept, Name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        return plain switch
        {
            null or "" or "passage" or "document" => "search_document",
            "query" => "search_query",
            _ => plain,
        };
    }
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>The keys under which this dialect keeps what the canonical form cannot hold. Other dialects ignore them.</summary>
internal static class ItemKeys
{
    /// <summary>An item or part kept whole.</summary>
    public static readonly string Raw = CanonicalKeys.Raw(DialectId.OpenAIResponses);

    /// <summary>
    /// On a content, or on the message (in a stream, the update) for its first message item: the item it came in, for its id, status and
    /// other members beside the content. On a text it also marks where a further message item begins.
    /// </summary>
    public static readonly string Item = Raw + ":item";

    /// <summary>
    /// On <c>ChatOptions</c>: true when the client itself speaks this format, so that what it left out keeps the format's own default
    /// (answers are stored, tools are strict).
    /// </summary>
    public static readonly string Native = CanonicalKeys.Own(DialectId.OpenAIResponses, "native");

    public static JsonElement? RawOf(AIContent content) => KeptFields.RawOf(content.AdditionalProperties, DialectId.OpenAIResponses);

    /// <summary>The namespace of a call's tool: restored by the engine, or in the item the call came in.</summary>
    public static JsonElement? NamespaceOf(AdditionalPropertiesDictionary? kept) =>
        KeptFields.Find(kept, DialectId.OpenAIResponses, "namespace") ?? ItemOf(kept)?.Member("namespace");

    public static JsonElement? ItemOf(AdditionalPropertiesDictionary? kept) =>
        kept.Element(Item);

    /// <summary>Whether the reasoning was made by a provider of this format.</summary>
    public static bool IsOurs(TextReasoningContent reasoning) => SignedContent.IsFrom(reasoning, DialectId.OpenAIResponses);

    public static bool IsRefusal(AIContent content) =>
        content is TextContent && content.AdditionalProperties.IsTrue(CanonicalKeys.Refusal);

    public static bool IsCustom(FunctionCallContent call) => call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true;

    /// <summary>The input of a custom tool's call or the arguments of a function's, as text.</summary>
    public static string ArgumentsOf(FunctionCallContent call) => IsCustom(call)
        ? call.AdditionalProperties!.TryGetValue(CanonicalKeys.RawArguments, out var raw) && raw is string text ? text : ""
        : ToolArguments.ToText(call);
}

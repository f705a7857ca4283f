using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The signed or redacted reasoning of another format's provider in <c>encrypted_content</c> of a reasoning item, where clients of this
/// format keep what a provider requires back. It is written for clients that ask for <c>reasoning.encrypted_content</c>, as
/// <c>switchyard-1:text:anthropic-messages:SIGNATURE</c>: what was signed, the format whose providers can read it, and the signature.
/// </summary>
internal static class CarriedReasoning
{
    /// <summary>The beginning of every carried text. No provider's encrypted reasoning begins so.</summary>
    public const string Prefix = "switchyard-1:";

    private const string Asked = "reasoning.encrypted_content";
    private const string OfText = "text";
    private const string Redacted = "redacted";

    /// <summary>The signature is on the call that follows: the item has no text.</summary>
    private const string OfCall = "call";

    /// <summary>Set on the content of a signature whose call has not been read.</summary>
    private static readonly string s_waits = ItemKeys.Raw + ":waits";

    /// <summary>Whether the client keeps encrypted reasoning.</summary>
    public static bool IsAsked(CanonicalRequest? request) =>
        request is CanonicalChatRequest { Options.AdditionalProperties: { } kept }
        && KeptFields.Find(kept, DialectId.OpenAIResponses, "include") is { ValueKind: JsonValueKind.Array } include
        && include.EnumerateArray().Any(static item => item.ValueKind == JsonValueKind.String && item.ValueEquals(Asked));

    /// <summary>What carries another format's reasoning; null if nothing of it is signed or redacted.</summary>
    public static string? Of(TextReasoningContent reasoning) =>
        ItemKeys.IsOurs(reasoning) ? null : Join(IsRedacted(reasoning) ? Redacted : OfText, reasoning, reasoning.ProtectedData);

    /// <summary>What carries the signature on a call; null if it has none.</summary>
    public static string? Of(FunctionCallContent call) =>
        Join(OfCall, call, call.AdditionalProperties.Text(CanonicalKeys.Signature));

    /// <summary>Whether the provider redacted the reasoning: it is an item by itself.</summary>
    public static bool IsRedacted(TextReasoningContent reasoning) =>
        reasoning.AdditionalProperties.IsTrue(CanonicalKeys.RedactedReasoning);

    /// <summary>The reasoning that a client's item carries; null for any other item.</summary>
    public static TextReasoningContent? Read(JsonElement item)
    {
        if (item.Text("encrypted_content") is not { } carried || !carried.StartsWith(Prefix, StringComparison.Ordinal)
            || carried.Split(':', 4) is not [_, var kind, { Length: > 0 } origin, { Length: > 0 } data])
        {
            return null;
        }

        var reasoning = new TextReasoningContent(kind == OfText ? ItemDecoder.TextOf(item) : "")
        {
            ProtectedData = data,
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = origin },
        };
        if (kind == Redacted)
            reasoning.AdditionalProperties[CanonicalKeys.RedactedReasoning] = true;
        if (kind == OfCall)
            reasoning.AdditionalProperties[s_waits] = true;
        return reasoning;
    }

    /// <summary>Gives the message's last call the signature before it, if that was carried.</summary>
    public static void Sign(ChatMessage message)
    {
        if (message.Contents is not [.., TextReasoningContent { ProtectedData: { } signature } before, FunctionCallContent call]
            || !before.AdditionalProperties.IsTrue(s_waits))
        {
            return;
        }

        message.Contents.RemoveAt(message.Contents.Count - 2);
        var kept = call.AdditionalProperties ??= [];
        kept[CanonicalKeys.Signature] = signature;
        kept[CanonicalKeys.ReasoningOrigin] = before.AdditionalProperties.Text(CanonicalKeys.ReasoningOrigin);
    }

    private static string? Join(string kind, AIContent content, string? data) =>
        data is { Length: > 0 } && content.AdditionalProperties.Text(CanonicalKeys.ReasoningOrigin) is { Length: > 0 } origin
            ? $"{Prefix}{kind}:{origin}:{data}"
            : null;
}

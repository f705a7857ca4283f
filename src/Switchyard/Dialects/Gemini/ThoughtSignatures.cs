using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// The signature of the thoughts behind a part, which newer models require back with a function call. Clients of other formats see it where
/// Google's own compatible endpoint puts it, in <c>extra_content</c> of the tool call, and may return it there.
/// </summary>
internal static class ThoughtSignatures
{
    /// <summary>The placeholder that Google documents for calls made by another model, which have no signature.</summary>
    public const string Placeholder = "skip_thought_signature_validator";

    /// <summary>The member of a tool call that holds it for clients of other formats.</summary>
    public const string ExtraContent = "extra_content";

    public static void Attach(AIContent content, string signature)
    {
        var kept = content.AdditionalProperties ??= [];
        kept[CanonicalKeys.ReasoningOrigin] = DialectId.Gemini.Value;
        if (content is TextReasoningContent reasoning)
        {
            reasoning.ProtectedData = signature;
            return;
        }

        kept[CanonicalKeys.Signature] = signature;
        if (content is FunctionCallContent)
        {
            kept[ExtraContent] = ProtoJson.Build(writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartObject("google"u8);
                writer.WriteString("thought_signature"u8, signature);
                writer.WriteEndObject();
                writer.WriteEndObject();
            });
        }
    }

    /// <summary>The signature, if it is one of this format's; null otherwise.</summary>
    public static string? Of(AIContent content)
    {
        if (content.AdditionalProperties is not { } kept)
            return null;
        var isOurs = SignedContent.IsFrom(content, DialectId.Gemini);
        if (content is TextReasoningContent reasoning)
            return isOurs && reasoning.ProtectedData is { Length: > 0 } data ? data : null;
        if (isOurs && kept.TryGetValue(CanonicalKeys.Signature, out var signature) && signature is string { Length: > 0 } text)
            return text;
        return content is FunctionCallContent && kept.TryGetValue(ExtraContent, out var extra) && extra is JsonElement element
            ? element.Member("google")?.Text("thought_signature") is { Length: > 0 } returned ? returned : null
            : null;
    }
}

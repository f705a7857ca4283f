using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

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

    /// <summary>The signature of a message's text whose streamed pieces a caller in process has joined; null for none.</summary>
    public static string? Of(ChatMessage message) =>
        message.AdditionalProperties.Text(CanonicalKeys.Signature) is { Length: > 0 } signature
            && SignedContent.IsFrom(message.AdditionalProperties, DialectId.Gemini)
                ? signature
                : null;

    /// <summary>Whether the first call of a turn has no signature in a request's body.</summary>
    public static bool AreMissing(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\"functionCall\""u8) < 0 && body.IndexOf("\"function_call\""u8) < 0)
            return false;
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContents = reader.Is("contents"u8);
            reader.Read();
            if (isContents && reader.TokenType == JsonTokenType.StartArray)
                return AreMissingInContents(ref reader);
            reader.Skip();
        }

        return false;
    }

    private static bool AreMissingInContents(ref Utf8JsonReader reader)
    {
        // A client that keeps its chunks has a turn in several contents.
        var isSigned = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var isModel = false;
            bool? first = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRole = reader.Is("role"u8);
                var isParts = reader.Is("parts"u8);
                reader.Read();
                if (isRole && reader.TokenType == JsonTokenType.String)
                    isModel = reader.Is("model"u8);
                if (isParts && reader.TokenType == JsonTokenType.StartArray)
                    first = FirstCallIsSigned(ref reader);
                else
                    reader.Skip();
            }

            if (isModel && first == false && !isSigned)
                return true;
            isSigned = isModel && (isSigned || first == true);
        }

        return false;
    }

    /// <summary>Whether the first call among the parts is signed; null without a call.</summary>
    private static bool? FirstCallIsSigned(ref Utf8JsonReader reader)
    {
        bool? first = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var (isCall, isSigned) = (false, false);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                isCall |= reader.Is("functionCall"u8) || reader.Is("function_call"u8);
                var isSignature = reader.Is("thoughtSignature"u8) || reader.Is("thought_signature"u8);
                reader.Read();
                isSigned |= isSignature && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
                reader.Skip();
            }

            if (isCall)
                first ??= isSigned;
        }

        return first;
    }
}

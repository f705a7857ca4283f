using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads a chat, or the chat whose tokens are to be counted, into the canonical form. Names may be in camel case or snake case; a field
/// without a canonical place is kept under this format's prefix.
/// </summary>
internal static class RequestDecoder
{
    private const string NotCached =
        "The chosen model's provider does not have what 'cachedContent' names, and without it the model would answer another question. "
            + "Send that content in 'contents', or choose a model of a provider that serves this API.";

    private const string NotBegun =
        "The chosen model's provider has not begun the answer that 'continuationToken' asks the rest of, and would give one from its "
            + "beginning. Leave it out, or choose a model of a provider that serves this API.";

    private static readonly MemberTypes s_types = new MemberTypes(ProtoJson.Camel)
        .Objects("toolConfig", "toolConfig.functionCallingConfig")
        .Arrays(
            "generationConfig.responseModalities", "toolConfig.functionCallingConfig.allowedFunctionNames",
            "contents[].parts[].functionResponse.parts")
        .Enums("generationConfig.responseModalities[]", "toolConfig.functionCallingConfig.mode")
        .Texts(
            "toolConfig.functionCallingConfig.allowedFunctionNames[]", "contents[].parts[].thoughtSignature",
            "contents[].parts[].inlineData.mimeType", "contents[].parts[].inlineData.data", "contents[].parts[].fileData.mimeType",
            "contents[].parts[].fileData.fileUri", "contents[].parts[].functionCall.id",
            "contents[].parts[].functionResponse.id", "contents[].parts[].functionResponse.parts[].inlineData.mimeType",
            "contents[].parts[].functionResponse.parts[].inlineData.data")
        .Booleans("generationConfig.thinkingConfig.includeThoughts", "contents[].parts[].thought");

    public static CanonicalChatRequest Decode(CallEnvelope envelope, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        if (envelope.Operation == CallOperation.CountTokens && root.Field("generateContentRequest") is { } inner)
            root = FieldReader.Object(inner, "generateContentRequest");
        s_types.Check(root);
        var options = new ChatOptions { ModelId = envelope.Model is { Length: > 0 } model ? model : null };
        var kept = new AdditionalPropertiesDictionary();
        var messages = new List<ChatMessage>();
        List<ChatMessage>? contents = null;
        foreach (var field in root.EnumerateObject())
        {
            var (name, value) = (ProtoJson.Camel(field.Name), field.Value);
            if (value.ValueKind == JsonValueKind.Null)
                continue;
            switch (name)
            {
                case "model":
                    break; // The address names it.
                case "contents":
                    contents = MessageDecoder.DecodeAll(value);
                    break;
                case "systemInstruction":
                    if (MessageDecoder.DecodeSystem(value) is { } system)
                        messages.Add(system);
                    break;
                case "tools":
                    options.Tools = ToolDecoder.Decode(value);
                    break;
                case "toolConfig":
                    ToolDecoder.DecodeChoice(value, options, kept);
                    break;
                case "generationConfig":
                    OptionDecoder.Decode(value, options, kept);
                    break;
                case "serviceTier":
                    TakeServiceTier(value, kept);
                    break;
                case "cachedContent" when !FieldDefaults.IsEmpty(value):
                    kept[PartDecoder.OwnPrefix + name] = new ProviderStateField(value, NotCached);
                    break;
                case "continuationToken" when !FieldDefaults.IsEmpty(value):
                    kept[PartDecoder.OwnPrefix + name] = new ProviderStateField(value, NotBegun);
                    break;
                default:
                    kept[PartDecoder.OwnPrefix + name] = value;
                    break;
            }
        }

        if (kept.Count > 0)
            options.AdditionalProperties = kept;
        messages.AddRange(contents ?? throw RequestErrors.Missing("contents"));
        return new CanonicalChatRequest(messages, options, envelope.Operation) { Stream = envelope.Stream };
    }

    private static void TakeServiceTier(JsonElement value, AdditionalPropertiesDictionary kept)
    {
        switch (FieldReader.Text(value, "serviceTier")!.ToLowerInvariant())
        {
            case "unspecified":
                break;
            case "standard":
                kept["service_tier"] = ProtoJson.Text("default");
                break;
            case var tier:
                kept["service_tier"] = ProtoJson.Text(tier);
                break;
        }
    }
}

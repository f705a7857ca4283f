using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>The identity of a response object.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="Created">When it began, in seconds.</param>
internal readonly record struct ResponseIdentity(string Id, string Model, long Created)
{
    private const int LongestStem = 48;

    /// <summary>The identity of the answer, completed from the call.</summary>
    public static ResponseIdentity Of(string? id, string? model, DateTimeOffset? created, AnswerContext context) => new(
        context.Kept?.Id ?? IdOf(id, context),
        model is { Length: > 0 } ? model : context.Model,
        (created ?? context.Created).ToUnixTimeSeconds());

    /// <summary>The id of one of its items, always the same for the same index.</summary>
    public string ItemId(string prefix, int index) => $"{prefix}_{Stem}{index:x2}";

    /// <summary>The id of reasoning in it that another model gave.</summary>
    public string ReasoningId(int index) => ReasoningOrigin.IdOf($"{Stem}{index:x2}");

    private string Stem => Id[(Id.IndexOf('_', StringComparison.Ordinal) + 1)..];

    /// <summary>An id of this format's form stays; any other becomes one, without the prefix of the format it comes from.</summary>
    private static string IdOf(string? id, AnswerContext context)
    {
        if (id?.StartsWith("resp_", StringComparison.Ordinal) == true)
            return id;
        var stem = id is { Length: > 0 } ? id : context.AnswerId;
        var cut = stem.IndexOfAny(['-', '_']);
        if (cut is > 0 and < 10 && stem.AsSpan(0, cut).IndexOfAnyExceptInRange('a', 'z') < 0)
            stem = stem[(cut + 1)..];
        // Ids of items are made of it, and the API takes none of more than 64 characters.
        var clean = string.Concat(stem.Where(char.IsAsciiLetterOrDigit));
        if (clean.Length > LongestStem)
            clean = clean[^LongestStem..];
        return "resp_" + (clean.Length > 0 ? clean : "0");
    }
}

/// <summary>
/// Writes response objects: every member the format promises, from the answer if that is of this format, else an echo of the request, else
/// the default.
/// </summary>
internal sealed class ResponseWriter(AnswerContext context)
{
    private readonly ChatOptions? _options = (context.Request as CanonicalChatRequest)?.Options;

    /// <summary>Writes all members but <c>output</c> and <c>usage</c>, which follow, and leaves the object open.</summary>
    public void Begin(
        Utf8JsonWriter writer, ResponseIdentity identity, string status, string? incomplete, CallError? error,
        AdditionalPropertiesDictionary? kept)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, identity.Id);
        writer.WriteString("object"u8, "response"u8);
        writer.WriteNumber("created_at"u8, identity.Created);
        writer.WriteString("status"u8, status);
        WriteError(writer, error);
        WriteIncomplete(writer, incomplete);
        writer.WriteString("model"u8, identity.Model);
        Write(writer, kept, "background", static (json, _) => json.WriteBooleanValue(false));
        Write(writer, kept, "instructions", (json, options) => WriteText(json, options?.Instructions));
        Write(writer, kept, "max_output_tokens", static (json, options) => WriteNumber(json, options?.MaxOutputTokens));
        Write(writer, kept, "metadata", static (json, options) => WriteKept(json, options, "metadata", "{}"u8));
        Write(
            writer, kept, "parallel_tool_calls", static (json, options) => json.WriteBooleanValue(options?.AllowMultipleToolCalls ?? true));
        Write(writer, kept, "previous_response_id", (json, _) => WriteText(json, context.Kept?.Previous));
        Write(writer, kept, "reasoning", static (json, options) => WriteReasoning(json, options));
        Write(writer, kept, "store", (json, _) => json.WriteBooleanValue(context.Kept is not null));
        Write(writer, kept, "temperature", static (json, options) => WriteNumber(json, options?.Temperature));
        WriteFields(writer, kept);
        Write(writer, kept, "top_p", static (json, options) => WriteNumber(json, options?.TopP));
        Write(writer, kept, "truncation", static (json, _) => json.WriteStringValue("disabled"u8));
        Write(writer, kept, "user", static (json, options) => WriteKept(json, options, "user", "null"u8));
        WriteOthers(writer, kept);
    }

    /// <summary>Writes <c>usage</c> and closes the object.</summary>
    public static void End(Utf8JsonWriter writer, string status, TokenUsage usage, JsonElement? raw)
    {
        // A finished answer has the counts even where the provider gave none: clients do not accept an answer without them.
        if (status is "completed" or "incomplete" || !usage.IsEmpty || raw is { ValueKind: JsonValueKind.Object })
        {
            writer.WritePropertyName("usage"u8);
            UsageWriter.Write(writer, usage, raw);
        }
        else
        {
            writer.WriteNull("usage"u8);
        }

        writer.WriteEndObject();
    }

    private static JsonElement? Own(AdditionalPropertiesDictionary? kept, string name) =>
        KeptFields.Find(kept, DialectId.OpenAIResponses, name);

    private void Write(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, string name, Action<Utf8JsonWriter, ChatOptions?> write)
    {
        writer.WritePropertyName(name);
        if (Own(kept, name) is { } own)
            own.WriteTo(writer);
        else
            write(writer, _options);
    }

    /// <summary>Writes the members that repeat the request, as the request's encoder writes them.</summary>
    private void WriteFields(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        var echo = new FieldWriter(writer, ProviderQuirks.None, new LossReport());
        var isNative = _options?.AdditionalProperties?.ContainsKey(ItemKeys.Native) == true;
        if (Own(kept, "text") is { } text)
            echo.Element("text", text);
        else if (_options?.ResponseFormat is not null)
            OptionEncoder.WriteText(_options, echo);
        else
            echo.Element("text", DefaultText);

        if (Own(kept, "tools") is { } tools)
        {
            echo.Element("tools", tools);
        }
        else if (!ToolEncoder.Write(_options?.Tools, echo, isNative))
        {
            writer.WriteStartArray("tools"u8);
            writer.WriteEndArray();
        }

        if (Own(kept, "tool_choice") is { } choice)
            echo.Element("tool_choice", choice);
        else if (_options?.Tools is not { Count: > 0 } || !OptionEncoder.WriteChoice(_options, tools: true, echo))
            writer.WriteString("tool_choice"u8, "auto"u8);
    }

    private static readonly JsonElement DefaultText = JsonElement.Parse("""{"format":{"type":"text"}}"""u8);

    private static readonly string[] Placed =
    [
        "background", "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "previous_response_id", "reasoning", "store",
        "temperature", "text", "tools", "tool_choice", "top_p", "truncation", "user", "usage", "status",
    ];

    /// <summary>Writes the kept members of an answer of this format, and <c>service_tier</c>, which other formats have too.</summary>
    private static void WriteOthers(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return;
        if (kept.TryGetValue("service_tier", out var tier) && tier is JsonElement { ValueKind: JsonValueKind.String } named)
        {
            writer.WritePropertyName("service_tier"u8);
            named.WriteTo(writer);
        }

        var prefix = CanonicalKeys.Own(DialectId.OpenAIResponses, "");
        foreach (var (key, value) in kept)
        {
            if (value is not JsonElement element || !key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                || Placed.Contains(key[prefix.Length..]))
            {
                continue;
            }

            writer.WritePropertyName(key[prefix.Length..]);
            element.WriteTo(writer);
        }
    }

    private static void WriteError(Utf8JsonWriter writer, CallError? error)
    {
        if (error is null)
        {
            writer.WriteNull("error"u8);
            return;
        }

        writer.WriteStartObject("error"u8);
        writer.WriteString("code"u8, error.WireCode);
        writer.WriteString("message"u8, error.Message);
        writer.WriteEndObject();
    }

    private static void WriteIncomplete(Utf8JsonWriter writer, string? reason)
    {
        if (reason is null)
        {
            writer.WriteNull("incomplete_details"u8);
            return;
        }

        writer.WriteStartObject("incomplete_details"u8);
        writer.WriteString("reason"u8, reason);
        writer.WriteEndObject();
    }

    private static void WriteReasoning(Utf8JsonWriter writer, ChatOptions? options)
    {
        var asked = options is null ? default : ReasoningRequest.Read(options);
        writer.WriteStartObject();
        if (asked.Effort is null)
            writer.WriteNull("effort"u8);
        else
            writer.WriteString("effort"u8, asked.Effort);
        if (asked.WantsText == true)
            writer.WriteString("summary"u8, options!.Reasoning!.Output == ReasoningOutput.Full ? "detailed"u8 : "auto"u8);
        else
            writer.WriteNull("summary"u8);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string? text)
    {
        if (text is null)
            writer.WriteNullValue();
        else
            writer.WriteStringValue(text);
    }

    private static void WriteNumber(Utf8JsonWriter writer, float? number)
    {
        if (number is { } value)
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }

    private static void WriteNumber(Utf8JsonWriter writer, int? number)
    {
        if (number is { } value)
            writer.WriteNumberValue(value);
        else
            writer.WriteNullValue();
    }

    private static void WriteKept(Utf8JsonWriter writer, ChatOptions? options, string name, ReadOnlySpan<byte> otherwise)
    {
        if (RequestEncoder.Kept(options?.AdditionalProperties, name) is { } kept)
            kept.WriteTo(writer);
        else
            writer.WriteRawValue(otherwise, skipInputValidation: true);
    }
}

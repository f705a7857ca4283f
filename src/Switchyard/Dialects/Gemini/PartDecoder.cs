using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads parts, of a request's history or of an answer. A part that is unknown, or that its canonical type could not hold as it is,
/// becomes a bare <see cref="AIContent"/> with the part kept whole.
/// </summary>
internal static class PartDecoder
{
    /// <summary>The prefix of the keys of this format's own fields.</summary>
    public static readonly string OwnPrefix = CanonicalKeys.Own(DialectId.Gemini, "");

    /// <summary>
    /// True on a function call whose id came over the wire, unlike those <see cref="CallIdMaker"/> makes: only such an id goes back. It is
    /// an internal mark, not a wire field, so no other format reports it as lost.
    /// </summary>
    public static readonly string HasWireId = CanonicalKeys.Own(DialectId.Gemini, "has_wire_id");

    private static readonly string Raw = CanonicalKeys.Raw(DialectId.Gemini);

    /// <summary>Reads one part; tool results are read by the caller.</summary>
    /// <param name="part">The part.</param>
    /// <param name="path">Its path, for errors.</param>
    /// <param name="makeId">Makes an id for a call of this function that has none.</param>
    public static AIContent Decode(JsonElement part, string path, Func<string, string> makeId)
    {
        FieldReader.Object(part, path);
        if (part.Field("functionCall") is { } call)
            return Finish(Call(call, path + ".functionCall", makeId), part, "functionCall");
        if (part.Field("text") is { } text)
        {
            var value = FieldReader.Text(text, path + ".text")!;
            AIContent content = part.Field("thought") is { ValueKind: JsonValueKind.True }
                ? new TextReasoningContent(value)
                : new TextContent(value);
            return Finish(content, part, "text");
        }

        // A picture among the thoughts is a draft: as a file without that mark it would be part of the answer.
        if (part.Field("thought") is { ValueKind: JsonValueKind.True })
            return KeepWhole(part);
        if (part.Field("inlineData") is { } inline)
            return InlineData(inline, path + ".inlineData", part) is { } data ? Finish(data, part, "inlineData") : KeepWhole(part);
        return part.Field("fileData") is { } file && FileData(file) is { } content2 ? Finish(content2, part, "fileData") : KeepWhole(part);
    }

    /// <summary>A part kept whole.</summary>
    public static AIContent KeepWhole(JsonElement part) => new() { AdditionalProperties = new() { [Raw] = part } };

    /// <summary>A whole function call.</summary>
    public static FunctionCallContent Call(JsonElement wire, string path, Func<string, string> makeId)
    {
        FieldReader.Object(wire, path);
        var name = FieldReader.RequiredName(wire, path);
        var id = wire.FieldText("id") is { Length: > 0 } wireId ? wireId : null;
        var arguments = wire.Field("args") is null or { ValueKind: JsonValueKind.Object }
            && wire.Field("partialArgs") is { ValueKind: JsonValueKind.Array } pieces
            ? PartialArguments.Join(wire.Field("args"), pieces)
            : ArgumentsText(wire.Field("args"), path + ".args");
        var call = ToolArguments.ToCall(id ?? makeId(name), name, arguments);
        if (id is not null)
            call.AdditionalProperties![HasWireId] = true;
        return call;
    }

    private static string ArgumentsText(JsonElement? args, string path) => args switch
    {
        null => "{}",
        // Answers are indented, and a line break would end an event: such arguments are rewritten on one line, others stay as they are.
        { ValueKind: JsonValueKind.Object } value => value.GetRawText() is var raw && raw.AsSpan().ContainsAny('\r', '\n')
            ? WireJson.ToJson(value)
            : raw,
        { } other => throw RequestErrors.WrongType(path, "an object", other.ValueKind),
    };

    private static DataContent? InlineData(JsonElement wire, string path, JsonElement part)
    {
        FieldReader.Object(wire, path);
        if (wire.FieldText("data") is not { } data)
            return null;
        if (wire.FieldText("mimeType") is not { Length: > 0 } type)
        {
            // Other formats get the file with its media type; this one gets the whole part back.
            var read = UrlContent.FromBase64(data, mediaType: null, wire.FieldText("displayName"));
            if (read is not null)
                read.AdditionalProperties = new() { [Raw] = part };
            return read;
        }

        // Both base64 alphabets are allowed.
        data = data.Replace('-', '+').Replace('_', '/');
        data = data.PadRight((data.Length + 3) / 4 * 4, '=');
        try
        {
            return new DataContent($"data:{type};base64,{data}") { Name = wire.FieldText("displayName") };
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static UriContent? FileData(JsonElement wire)
    {
        if (!Uri.TryCreate(wire.FieldText("fileUri"), UriKind.Absolute, out var uri))
            return null;
        try
        {
            return new UriContent(uri, wire.FieldText("mimeType") ?? "application/octet-stream");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Adds the signature and the other members beside the data.</summary>
    private static AIContent Finish(AIContent content, JsonElement part, string data)
    {
        // Clients write the placeholder where an answer had no signature: it is no state that another model could be given back.
        if (part.FieldText("thoughtSignature") is { Length: > 0 } signature && signature != ThoughtSignatures.Placeholder)
            ThoughtSignatures.Attach(content, signature);
        foreach (var member in part.EnumerateObject())
        {
            var name = ProtoJson.Camel(member.Name);
            if (name == data || name is "thought" or "thoughtSignature")
                continue;
            (content.AdditionalProperties ??= [])[OwnPrefix + name] = member.Value;
        }

        // Kept whole, to go back to this provider as they came: an address only it can read, a thought without a signature, arguments in
        // pieces.
        if (content is UriContent
            || (content is TextReasoningContent && ThoughtSignatures.Of(content) is null)
            || part.Field("functionCall")?.Field("partialArgs") is not null)
        {
            (content.AdditionalProperties ??= [])[Raw] = part;
        }

        return content;
    }
}

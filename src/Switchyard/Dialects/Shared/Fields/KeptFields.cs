using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// The wire fields a decoder kept in additional properties because no canonical property holds them: an encoder writes those of its own
/// dialect and reports those of others. A key without prefix is a field of OpenAI chat's; the others have <see cref="CanonicalKeys.Own"/>
/// or <see cref="CanonicalKeys.Raw"/>.
/// </summary>
internal static class KeptFields
{
    private static readonly string[] Dialects =
    [
        .. new[]
        {
            DialectId.OpenAIChat, DialectId.OpenAIResponses, DialectId.AnthropicMessages, DialectId.Gemini, DialectId.BedrockConverse,
            DialectId.Cohere, DialectId.Ollama,
        }.Select(dialect => dialect.Value + ":"),
    ];

    /// <summary>A kept JSON value; null if there is none under the name.</summary>
    public static JsonElement? Element(this IReadOnlyDictionary<string, object?>? kept, string name) =>
        kept is not null && kept.TryGetValue(name, out var value) && value is JsonElement element ? element : null;

    /// <summary>A kept text, from the wire or of a caller in the process; null if there is none.</summary>
    public static string? Text(this IReadOnlyDictionary<string, object?>? kept, string name)
    {
        if (kept is null || !kept.TryGetValue(name, out var value))
            return null;
        return value as string ?? (value is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString() : null);
    }

    /// <summary>A number a decoder kept; null if there is none.</summary>
    public static int? Number(this IReadOnlyDictionary<string, object?>? kept, string name) =>
        kept is not null && kept.TryGetValue(name, out var value) && value is int number ? number : null;

    /// <summary>Whether the name is marked true.</summary>
    public static bool IsTrue(this IReadOnlyDictionary<string, object?>? kept, string name) =>
        kept is not null && kept.TryGetValue(name, out var value) && value is true or JsonElement { ValueKind: JsonValueKind.True };

    /// <summary>Whether the member is a cache hint of the form that encoders read.</summary>
    public static bool IsCacheHint(string name, JsonElement value) =>
        name == CanonicalKeys.CacheControl && value.ValueKind == JsonValueKind.Object;

    /// <summary>Keeps a field under the dialect's prefix.</summary>
    public static void Keep(ref AdditionalPropertiesDictionary? kept, DialectId dialect, string name, JsonElement value) =>
        (kept ??= [])[CanonicalKeys.Own(dialect, name)] = value;

    /// <summary>A kept field of the dialect; null if there is none.</summary>
    public static JsonElement? Find(AdditionalPropertiesDictionary? kept, DialectId dialect, string name) =>
        kept is null ? null : kept.Element(CanonicalKeys.Own(dialect, name));

    /// <summary>The whole wire object, where a decoder of this dialect kept the item whole; null otherwise.</summary>
    public static JsonElement? RawOf(AdditionalPropertiesDictionary? kept, DialectId dialect) =>
        kept is null ? null : kept.Element(CanonicalKeys.Raw(dialect));

    /// <summary>The kind of an item that was kept whole: its type or, if the format has none, its first member.</summary>
    public static string? KindOf(AdditionalPropertiesDictionary? kept)
    {
        foreach (var (key, value) in kept ?? [])
        {
            if (!key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
                || value is not JsonElement { ValueKind: JsonValueKind.Object } raw)
            {
                continue;
            }

            if (raw.Text("type") is { } type)
                return type;
            foreach (var member in raw.EnumerateObject())
                return member.Name;
        }

        return null;
    }

    /// <summary>Writes the fields of the dialect and reports those of other dialects. Unprefixed ones are left to the caller.</summary>
    /// <param name="writer">The writer, inside the object.</param>
    /// <param name="kept">What was kept on the item.</param>
    /// <param name="own">The dialect being written.</param>
    /// <param name="losses">Takes the names of the others.</param>
    /// <param name="path">The item's path: <c>messages[1]</c>; empty for the request itself.</param>
    /// <exception cref="CallException">A <see cref="ProviderStateField"/> of another dialect is among them.</exception>
    public static void Write(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, DialectId own, LossReport losses, string path)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (DialectOf(key) is not { } dialect)
                continue;
            var name = key[dialect.Length..];
            if (!IsOf(dialect, own))
                Report(name, value, losses, path);
            else if (((value as ProviderStateField)?.Value ?? value as JsonElement?) is { } element)
            {
                writer.WritePropertyName(name);
                element.WriteTo(writer);
            }
        }
    }

    /// <summary>Reports the fields of other dialects, if those of this one have no object to be written into.</summary>
    public static void ReportForeign(AdditionalPropertiesDictionary? kept, DialectId own, LossReport losses, string path)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (DialectOf(key) is { } dialect && !IsOf(dialect, own))
                Report(key[dialect.Length..], value, losses, path);
        }
    }

    /// <summary>Refuses a request that refers to state only a provider of the client's own format has.</summary>
    /// <exception cref="CallException">It holds a <see cref="ProviderStateField"/> of another dialect.</exception>
    public static void RefuseProviderState(AdditionalPropertiesDictionary? kept, DialectId target)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (value is ProviderStateField bound && DialectOf(key) is { } dialect && !IsOf(dialect, target))
                throw new CallException(CallErrorKind.InvalidRequest, bound.Refusal, key[dialect.Length..]);
        }
    }

    /// <summary>The same for all of a request: its options, and what its messages and their tools' results hold.</summary>
    /// <exception cref="CallException">It holds a <see cref="ProviderStateField"/> of another dialect.</exception>
    public static void RefuseProviderState(CanonicalChatRequest request, DialectId target)
    {
        RefuseProviderState(request.Options.AdditionalProperties, target);
        foreach (var message in request.Messages)
            RefuseProviderState(message.Contents, target);
    }

    /// <summary>The field name in the key of another dialect's field; null for any other key.</summary>
    public static string? ForeignName(string key, DialectId own) =>
        DialectOf(key) is { } dialect && !dialect.AsSpan(..^1).Equals(own.Value, StringComparison.OrdinalIgnoreCase)
            ? key[dialect.Length..]
            : null;

    /// <summary>Whether the key has a dialect's prefix.</summary>
    public static bool IsPrefixed(string key) =>
        DialectOf(key) is not null || key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal);

    /// <summary>Reports the unprefixed fields (OpenAI chat's) that the encoder has no place for.</summary>
    /// <param name="kept">What was kept on the item.</param>
    /// <param name="carried">Whether the encoder has written the field, or leaving it out loses nothing.</param>
    /// <param name="losses">Takes the other names.</param>
    /// <param name="path">The item's path; empty for the request itself.</param>
    public static void ReportUnprefixed(
        AdditionalPropertiesDictionary? kept, Func<string, JsonElement, bool> carried, LossReport losses, string path)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (value is not JsonElement element || IsPrefixed(key) || FieldDefaults.IsDefault(key, element) || carried(key, element))
                continue;
            if (path.Length > 0)
                losses.Drop($"{path}.{key}");
            else if (!ReasoningSwitches.Holds(key, element, kept))
                losses.Drop(key);
        }
    }

    private static void RefuseProviderState(IEnumerable<AIContent> contents, DialectId target)
    {
        foreach (var content in contents)
        {
            RefuseProviderState(content.AdditionalProperties, target);
            if (content is not FunctionResultContent { Result: { } result })
                continue;
            if (result is AIContent part)
                RefuseProviderState(part.AdditionalProperties, target);
            else if (result is IEnumerable<AIContent> parts)
                RefuseProviderState(parts, target);
        }
    }

    private static bool IsOf(string prefix, DialectId dialect) =>
        prefix.AsSpan(..^1).Equals(dialect.Value, StringComparison.OrdinalIgnoreCase);

    private static void Report(string name, object? value, LossReport losses, string path)
    {
        if (value is ProviderStateField bound)
            throw new CallException(CallErrorKind.InvalidRequest, bound.Refusal, name);
        // Only a JsonElement came over the wire; any other value is a decoder's mark for its own encoder.
        if (value is JsonElement sent && !FieldDefaults.IsForeignDefault(name, sent))
            losses.Drop(path.Length == 0 ? name : $"{path}.{name}");
    }

    private static string? DialectOf(string key)
    {
        if (!key.Contains(':', StringComparison.Ordinal))
            return null;
        foreach (var dialect in Dialects)
        {
            if (key.StartsWith(dialect, StringComparison.OrdinalIgnoreCase))
                return dialect;
        }

        return null;
    }
}

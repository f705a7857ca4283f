using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// What every encoder does with the members a decoder kept: writes those of its own dialect, reports those of another. Plain names are
/// OpenAI chat's; the others stand under <see cref="CanonicalKeys.Own"/> or <see cref="CanonicalKeys.Raw"/>.
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

    /// <summary>Keeps a member under the dialect's own name.</summary>
    public static void Keep(ref AdditionalPropertiesDictionary? kept, DialectId dialect, string name, JsonElement value) =>
        (kept ??= [])[CanonicalKeys.Own(dialect, name)] = value;

    /// <summary>A member of the dialect's own; null when there is none.</summary>
    public static JsonElement? Find(AdditionalPropertiesDictionary? kept, DialectId dialect, string name) =>
        kept?.TryGetValue(CanonicalKeys.Own(dialect, name), out var value) == true && value is JsonElement element ? element : null;

    /// <summary>The whole wire object of the dialect the item came from; null when it came from another, or was modelled.</summary>
    public static JsonElement? RawOf(AdditionalPropertiesDictionary? kept, DialectId dialect) =>
        kept?.TryGetValue(CanonicalKeys.Raw(dialect), out var raw) == true && raw is JsonElement element ? element : null;

    /// <summary>Writes the members of the dialect's own and reports those of other dialects. Plain names are left to the caller.</summary>
    /// <param name="writer">Stands inside the object.</param>
    /// <param name="kept">What was kept on the item.</param>
    /// <param name="own">The dialect being written.</param>
    /// <param name="losses">Takes the names of the others.</param>
    /// <param name="path">Where the item stands: <c>messages[1]</c>; empty for the request itself.</param>
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

    /// <summary>Reports the members of other dialects, where there is no object to write one's own into.</summary>
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

    /// <summary>Refuses a request that only a provider of the client's own format can answer.</summary>
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

    /// <summary>The name behind the key of another dialect's own member; null for any other key.</summary>
    public static string? ForeignName(string key, DialectId own) =>
        DialectOf(key) is { } dialect && !dialect.AsSpan(..^1).Equals(own.Value, StringComparison.OrdinalIgnoreCase) ? key[dialect.Length..] : null;

    /// <summary>Whether the key is a dialect's own rather than a plain name.</summary>
    public static bool IsPrefixed(string key) =>
        DialectOf(key) is not null || key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal);

    /// <summary>Reports every plainly named wire member (OpenAI chat's) that the encoder has no place for.</summary>
    /// <param name="kept">What was kept on the item.</param>
    /// <param name="carried">Whether the encoder has carried the name, or it says nothing.</param>
    /// <param name="losses">Takes the other names.</param>
    /// <param name="path">Where the item stands; empty for the request itself.</param>
    public static void ReportUnprefixed(AdditionalPropertiesDictionary? kept, Func<string, JsonElement, bool> carried, LossReport losses, string path)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (value is JsonElement element && !IsPrefixed(key) && !carried(key, element))
                losses.Drop(path.Length == 0 ? key : $"{path}.{key}");
        }
    }

    private static bool IsOf(string prefix, DialectId dialect) =>
        prefix.AsSpan(..^1).Equals(dialect.Value, StringComparison.OrdinalIgnoreCase);

    private static void Report(string name, object? value, LossReport losses, string path)
    {
        if (value is ProviderStateField bound)
            throw new CallException(CallErrorKind.InvalidRequest, bound.Refusal, name);
        // What is no wire value is a decoder's note to its own encoder.
        if (value is JsonElement)
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

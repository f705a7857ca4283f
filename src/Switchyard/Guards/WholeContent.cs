using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Guards;

/// <summary>
/// The wire object that a decoder keeps with a part of a message, and that an encoder of the same format sends instead of the part. Pure.
/// </summary>
internal static class WholeContent
{
    /// <summary>The media type of JSON.</summary>
    public const string Json = "application/json";

    /// <summary>Whether a file is a text.</summary>
    public static bool IsText(DataContent file) => file.HasTopLevelMediaType("text") || file.MediaType == Json;

    /// <summary>Whether a wire object is kept under the key: <c>raw:openai-chat</c>.</summary>
    public static bool IsWhole(string key) =>
        key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
        && key.IndexOf(':', CanonicalKeys.RawPrefix.Length) < 0;

    /// <summary>The properties without the wire object, which no longer matches the part.</summary>
    public static AdditionalPropertiesDictionary? Without(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null || !kept.Keys.Any(IsWhole))
            return kept;
        var rest = kept.Clone();
        foreach (var key in kept.Keys.Where(key => IsWhole(key) || IsPath(key)))
            rest.Remove(key);
        return rest;
    }

    /// <summary>The same for a text that changed; removes its signature as well, which covers the original text.</summary>
    public static AdditionalPropertiesDictionary? OfChanged(AdditionalPropertiesDictionary? kept)
    {
        var rest = Without(kept);
        if (rest?.ContainsKey(CanonicalKeys.Signature) != true)
            return rest;
        rest = rest.Clone();
        rest.Remove(CanonicalKeys.Signature);
        rest.Remove(CanonicalKeys.ReasoningOrigin);
        return rest;
    }

    /// <summary>Whether the key is a member of the wire object, kept so that other formats can report its loss.</summary>
    private static bool IsPath(string key) => KeptFields.IsPrefixed(key) && key.Contains('.', StringComparison.Ordinal);
}

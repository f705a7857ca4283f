using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Guards;

/// <summary>
/// What a decoder keeps beside a part of a message: the wire object it came in, which an encoder of the same format sends in its place.
/// Pure.
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

    /// <summary>What is kept, without the wire object: the part does not say the same any more.</summary>
    public static AdditionalPropertiesDictionary? Without(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null || !kept.Keys.Any(IsWhole))
            return kept;
        var rest = kept.Clone();
        foreach (var key in kept.Keys.Where(key => IsWhole(key) || IsPath(key)))
            rest.Remove(key);
        return rest;
    }

    /// <summary>The same for a text that is another one now: a signature is of the text that was signed.</summary>
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

    /// <summary>Whether it is a member inside the wire object, kept to tell other formats what they lose of it.</summary>
    private static bool IsPath(string key) => KeptFields.IsPrefixed(key) && key.Contains('.', StringComparison.Ordinal);
}

using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Restores the contents of a tool's result in a history that was kept as JSON: otherwise a picture would go to the model as the
/// text of its bytes. Contents are written with their types, but for a list of files, of which data URIs are recognised. JSON of a tool's
/// own may name types, too, even the same ones: what has other members stays as it is.
/// </summary>
internal static class StoredResults
{
    private const string TypeName = "$type";

    // The members of the contents that tools return, beside those of every content.
    private static readonly Dictionary<string, string[]> s_members = new(StringComparer.Ordinal)
    {
        ["text"] = ["text"],
        ["data"] = ["uri", "name"],
        ["uri"] = ["uri", "mediaType"],
        ["error"] = ["message", "errorCode", "details"],
    };

    private static readonly string[] s_ofEvery = ["annotations", "additionalProperties"];

    private static readonly JsonSerializerOptions s_options = AIJsonUtilities.DefaultOptions;

    /// <summary>The content, or the list of contents, that the JSON represents; null if it represents neither.</summary>
    public static object? Revive(JsonElement result) => result.ValueKind switch
    {
        // An error or a call would rather be a tool's own.
        JsonValueKind.Object => PartOf(result) is { } part and (TextContent or DataContent or UriContent) ? part : null,
        JsonValueKind.Array => PartsOf(result),
        _ => null,
    };

    private static List<AIContent>? PartsOf(JsonElement list)
    {
        List<AIContent>? parts = null;
        foreach (var element in list.EnumerateArray())
        {
            if (PartOf(element) is not { } part)
                return null;
            (parts ??= []).Add(part);
        }

        return parts;
    }

    private static AIContent? PartOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return null;
        if (json.TryGetProperty(TypeName, out var name) && name.ValueKind == JsonValueKind.String)
            return HasOnlyMembersOf(name.GetString()!, json) ? Read(json, typeof(AIContent)) : null;
        return IsFile(json) ? Read(json, typeof(DataContent)) : null;
    }

    private static AIContent? Read(JsonElement json, Type type)
    {
        try
        {
            return (AIContent?)json.Deserialize(s_options.GetTypeInfo(type));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException
            or FormatException)
        {
            // It only resembles a content: it is the tool's own JSON.
            return null;
        }
    }

    /// <summary>
    /// Whether the object has no members but those of contents of its type; true for types that tools do not return. A host that stores
    /// with the serializer's own options has the names in another case.
    /// </summary>
    private static bool HasOnlyMembersOf(string type, JsonElement json)
    {
        if (!s_members.TryGetValue(type, out var own))
            return true;
        foreach (var member in json.EnumerateObject())
        {
            var isOwn = member.Name == TypeName || own.Concat(s_ofEvery).Contains(member.Name, StringComparer.OrdinalIgnoreCase);
            if (!isOwn)
                return false;
        }

        return true;
    }

    /// <summary>Whether the object has the members of a <see cref="DataContent"/>, and no others.</summary>
    private static bool IsFile(JsonElement json)
    {
        var isFile = false;
        foreach (var member in json.EnumerateObject())
        {
            if (member.NameEquals("uri"u8))
                isFile = JsonMarshal.GetRawUtf8Value(member.Value).StartsWith("\"data:"u8);
            else if (!member.NameEquals("name"u8) && !member.NameEquals("annotations"u8) && !member.NameEquals("additionalProperties"u8))
                return false;
        }

        return isFile;
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Restores the contents of a tool's result in a history that was kept as JSON: otherwise a picture would go to the model as the
/// text of its bytes. A list of contents is written with their types; a single one, or a list of files, without, so of these only data URIs
/// are recognised.
/// </summary>
internal static class StoredResults
{
    private const string TypeName = "$type";

    private static readonly JsonSerializerOptions s_options = AIJsonUtilities.DefaultOptions;

    /// <summary>The content, or the list of contents, that the JSON represents; null if it represents neither.</summary>
    public static object? Revive(JsonElement result) => result.ValueKind switch
    {
        JsonValueKind.Object => PartOf(result),
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
        var type = json.TryGetProperty(TypeName, out var name) && name.ValueKind == JsonValueKind.String ? typeof(AIContent)
            : IsFile(json) ? typeof(DataContent)
            : null;
        if (type is null)
            return null;
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

using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Tests.Architecture;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// The documented fields of a client's format: a base request, and each further field as its path and a value that
/// has an effect. Read from <c>Fields/FORMAT.json</c>.
/// </summary>
internal sealed record FieldSheet(JsonObject Base, IReadOnlyList<(string Path, JsonNode Value)> Fields)
{
    private const string Folder = "tests/Switchyard.Tests/CrossDialect/Fields";

    /// <summary>The formats that have a sheet.</summary>
    public static IEnumerable<string> Formats =>
        Directory.EnumerateFiles(Repository.FullPath(Folder), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal);

    public static FieldSheet Read(string format)
    {
        var sheet = JsonNode.Parse(Repository.Read($"{Folder}/{format}.json"))!.AsObject();
        return new(
            sheet["base"]!.AsObject(),
            [.. sheet["fields"]!.AsObject().Select(field => (field.Key, field.Value!))]);
    }

    /// <summary>The request with these fields set.</summary>
    public byte[] With(params ReadOnlySpan<(string Path, JsonNode Value)> fields)
    {
        var request = Base.DeepClone();
        foreach (var (path, value) in fields)
            Set(request, path, value.DeepClone());
        return JsonSerializer.SerializeToUtf8Bytes(request);
    }

    private static void Set(JsonNode request, string path, JsonNode value)
    {
        // "a (note)" is a second value for the same place.
        var steps = path.Split(' ')[0].Split('/');
        var place = request;
        foreach (var step in steps[..^1])
            place = int.TryParse(step, out var index) ? place.AsArray()[index]! : place[step] ??= new JsonObject();
        if (place is JsonArray list)
        {
            var index = steps[^1] == "+" ? list.Count : int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture);
            if (index == list.Count)
                list.Add(value);
            else
                list[index] = value;
            return;
        }

        place[steps[^1]] = value;
    }
}

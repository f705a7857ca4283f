using System.Globalization;
using System.Text.Json;

namespace Switchyard.Dialects.Json;

/// <summary>
/// The JSON types of members that a format's decoder or the encoders read only if they have that type: of another they would disappear
/// without a report. A request is checked before it is decoded, and the first wrong one is a 400 with its path. Null is no value, and
/// allowed everywhere. Immutable once it is made.
/// </summary>
/// <param name="nameOf">The name under which a member is listed, for a format that has two spellings; null for one.</param>
internal sealed class MemberTypes(Func<string, string>? nameOf = null)
{
    private readonly Node _root = new();

    /// <summary>Lists members by their paths: <c>messages[].content[].cache_control</c>.</summary>
    public MemberTypes Objects(params ReadOnlySpan<string> paths) => List("an object", paths);

    /// <inheritdoc cref="Objects"/>
    public MemberTypes Arrays(params ReadOnlySpan<string> paths) => List("an array", paths);

    /// <inheritdoc cref="Objects"/>
    public MemberTypes Texts(params ReadOnlySpan<string> paths) => List("a string", paths);

    /// <summary>Lists members that are words, or the numbers of words, as JSON made from protocol buffers has them.</summary>
    public MemberTypes Enums(params ReadOnlySpan<string> paths) => List("a string", paths, mayBeNumber: true);

    /// <inheritdoc cref="Objects"/>
    public MemberTypes Booleans(params ReadOnlySpan<string> paths) => List("a boolean", paths);

    /// <inheritdoc cref="Objects"/>
    public MemberTypes Numbers(params ReadOnlySpan<string> paths) => List("a number", paths);

    /// <exception cref="Calls.CallException">A member has another type.</exception>
    public void Check(JsonElement root)
    {
        if (Find(root, _root) is { } wrong)
            throw RequestErrors.WrongType(wrong.Path, wrong.Expected, wrong.Actual);
    }

    private MemberTypes List(string expected, ReadOnlySpan<string> paths, bool mayBeNumber = false)
    {
        foreach (var path in paths)
        {
            var node = _root;
            foreach (var step in path.Replace("[]", ".[]", StringComparison.Ordinal).Split('.'))
            {
                if (!node.Members.TryGetValue(step, out var next))
                    node.Members[step] = next = new Node();
                node = next;
            }

            (node.Expected, node.MayBeNumber) = (expected, mayBeNumber);
        }

        return this;
    }

    /// <summary>The first member of another type, with its path below this value: paths are made only for an error.</summary>
    private WrongMember? Find(JsonElement value, Node node)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        if (node.Expected is { } expected && expected != WireJson.KindName(value.ValueKind)
            && !(node.MayBeNumber && value.ValueKind == JsonValueKind.Number))
            return new("", expected, value.ValueKind);
        if (value.ValueKind == JsonValueKind.Array && node.Members.TryGetValue("[]", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (Find(item, items) is { } wrong)
                    return wrong.Below(string.Create(CultureInfo.InvariantCulture, $"[{index}]"));
                index++;
            }
        }

        if (value.ValueKind != JsonValueKind.Object || node.Members.Count == 0)
            return null;
        foreach (var member in value.EnumerateObject())
        {
            if (node.Members.TryGetValue(nameOf?.Invoke(member.Name) ?? member.Name, out var known)
                && Find(member.Value, known) is { } wrong)
            {
                return wrong.Below(member.Name);
            }
        }

        return null;
    }

    private readonly record struct WrongMember(string Path, string Expected, JsonValueKind Actual)
    {
        public WrongMember Below(string step) => this with
        {
            Path = Path.Length == 0 || Path[0] == '[' ? step + Path : $"{step}.{Path}",
        };
    }

    private sealed class Node
    {
        public Dictionary<string, Node> Members { get; } = new(StringComparer.Ordinal);

        public string? Expected { get; set; }

        public bool MayBeNumber { get; set; }
    }
}

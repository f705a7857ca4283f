using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Egress.Reasoning;

/// <summary>
/// The arguments of a tool call as its model wrote them. Coding agents add the defaults of their tools to the arguments before they send
/// them back (<c>"replace_all": false</c>), and some write the members in another order. Immutable.
/// </summary>
/// <param name="Key">The key of the state that is kept for the call.</param>
/// <param name="Arguments">The arguments, an object with at least one member.</param>
/// <param name="Length">The length of their text.</param>
internal sealed record KeptArguments(string Key, JsonElement Arguments, int Length)
{
    /// <summary>Longer arguments are recognised only if they come back as they were.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>How much longer the arguments may have become.</summary>
    private const int MostAdded = 4096;

    /// <summary>The most members of an object that are compared: each is looked for among all of the other.</summary>
    private const int MostMembers = 64;

    /// <summary>The approximate size in bytes.</summary>
    public long Size => 512 + (Length * 3L);

    /// <summary>The call with these arguments; null if they are not an object, empty, or too long.</summary>
    public static KeptArguments? Of(string key, string arguments) =>
        arguments.Length <= Longest && WireJson.TryParse(Encoding.UTF8.GetBytes(arguments), out var root, out _)
            && root.ValueKind == JsonValueKind.Object && root.GetPropertyCount() > 0
                ? new KeptArguments(key, root, arguments.Length)
                : null;

    /// <summary>Whether the arguments hold all that the model wrote, unchanged.</summary>
    public bool IsWithin(string arguments)
    {
        if (arguments.Length > Length + MostAdded || !WireJson.TryParse(Encoding.UTF8.GetBytes(arguments), out var sent, out _))
            return false;
        try
        {
            return Contains(sent, Arguments);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // An exponent too large to compare.
            return false;
        }
    }

    private static bool Contains(JsonElement sent, JsonElement written)
    {
        if (sent.ValueKind != written.ValueKind)
            return false;
        return written.ValueKind switch
        {
            JsonValueKind.Object => written.GetPropertyCount() <= MostMembers && written.EnumerateObject()
                .All(member => sent.TryGetProperty(member.Name, out var value) && Contains(value, member.Value)),
            JsonValueKind.Array => sent.GetArrayLength() == written.GetArrayLength()
                && sent.EnumerateArray().Zip(written.EnumerateArray()).All(pair => Contains(pair.First, pair.Second)),
            _ => JsonElement.DeepEquals(sent, written),
        };
    }
}

using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Guards;

/// <summary>
/// Finds objects that have two members of the same name. Readers of JSON differ in which of them they take, so a provider may read
/// another text than the guards have. Pure.
/// </summary>
internal static class RepeatedMembers
{
    /// <summary>Whether any object in a body has one. The envelope's reader has found the body to be valid JSON.</summary>
    public static bool Exist(ReadOnlySpan<byte> body)
    {
        // Half a surrogate pair, which no string can hold, is replaced by a mark of the same length.
        var reader = new Utf8JsonReader(SurrogateRepair.Repair(body), new JsonReaderOptions { MaxDepth = int.MaxValue });
        var seen = new HashSet<(int Object, ulong Name)>();
        var open = new Stack<int>();
        var objects = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                open.Push(objects++);
            else if (reader.TokenType == JsonTokenType.EndObject)
                open.Pop();
            // Two names with one hash only cost the request a translation.
            else if (reader.TokenType == JsonTokenType.PropertyName && !seen.Add((open.Peek(), HashOf(ref reader))))
                return true;
        }

        return false;
    }

    private static ulong HashOf(ref Utf8JsonReader reader) =>
        XxHash3.HashToUInt64(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);
}

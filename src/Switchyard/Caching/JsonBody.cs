using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Caching;

/// <summary>
/// Adds a client's JSON to a key, in a form in which white space, the spelling of escapes and the order of the top-level members make no
/// difference. Everything below the top level keeps its order: a model reads a schema's properties in the order they are written.
/// </summary>
internal static class JsonBody
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <summary>Adds the members of a body.</summary>
    /// <returns>False if the answer to the request is not kept.</returns>
    public static bool TryAdd(KeyWriter key, ReadOnlyMemory<byte> body, in KeyRules rules)
    {
        var members = new List<Member>(32);
        var reader = new Utf8JsonReader(body.Span, s_options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, counts, refuses) = (reader.TokenStartIndex, !IsIn(rules.Ignored, ref reader), IsIn(rules.Refused, ref reader));
            var nameLength = reader.ValueSpan.Length;
            reader.Read();
            var start = reader.TokenStartIndex;
            if (refuses && reader.TokenType is not (JsonTokenType.False or JsonTokenType.Null))
                return false;
            reader.Skip();
            // The name follows its opening quote.
            if (counts)
                members.Add(new((int)name + 1, nameLength, (int)start, (int)reader.BytesConsumed));
        }

        members.Sort((left, right) =>
        {
            var span = body.Span;
            var order = left.NameOf(span).SequenceCompareTo(right.NameOf(span));
            return order != 0 ? order : left.Start.CompareTo(right.Start);
        });
        key.Add(members.Count);
        foreach (var member in members)
        {
            key.Add(member.NameOf(body.Span));
            var value = new Utf8JsonReader(body.Span[member.Start..member.End], s_options);
            while (value.Read())
                key.AddToken(ref value);
        }

        return true;
    }

    private static bool IsIn(IReadOnlyList<string> names, ref Utf8JsonReader reader)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (reader.ValueTextEquals(names[i]))
                return true;
        }

        return false;
    }

    private readonly record struct Member(int Name, int NameLength, int Start, int End)
    {
        public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> body) => body.Slice(Name, NameLength);
    }
}

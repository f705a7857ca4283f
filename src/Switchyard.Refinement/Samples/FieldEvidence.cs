using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Samples;

/// <summary>A value of a sample.</summary>
/// <param name="Value">The value.</param>
/// <param name="Sample">The number of the sample, from 0.</param>
internal readonly record struct SampleValue(JsonElement Value, int Sample);

/// <summary>The evidence of the valid samples for one place of a schema.</summary>
internal sealed class FieldEvidence
{
    private const int MaxDistinct = 100;

    private readonly Dictionary<string, int> _distinct = new(StringComparer.Ordinal);

    /// <summary>The values, including nulls.</summary>
    public List<SampleValue> Values { get; } = [];

    public int Nulls { get; private set; }

    public int Texts { get; private set; }

    public int Numbers { get; private set; }

    public bool AreWhole { get; private set; } = true;

    public decimal? Least { get; private set; }

    public decimal? Most { get; private set; }

    /// <summary>The length of the shortest text, or the smallest list.</summary>
    public int? Shortest { get; private set; }

    public int? Longest { get; private set; }

    /// <summary>The formats that every text has.</summary>
    public HashSet<string> Formats { get; private set; } = [.. TextFormats.Names];

    /// <summary>The distinct texts and how often each occurs; null if there are too many.</summary>
    public IReadOnlyDictionary<string, int>? Distinct => _distinct.Count <= MaxDistinct ? _distinct : null;

    /// <summary>The number of objects that could contain the field.</summary>
    public int Objects { get; private set; }

    public int Present { get; private set; }

    /// <summary>The first sample without the field; null if all have it.</summary>
    public int? FirstWithout { get; private set; }

    /// <summary>The number of values that are not null.</summary>
    public int Count => Values.Count - Nulls;

    public void Add(JsonElement value, int sample, SchemaFormat format)
    {
        Values.Add(new(value, sample));
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                Nulls++;
                break;
            case JsonValueKind.String:
                AddText(value.GetString()!, format);
                break;
            case JsonValueKind.Number:
                Numbers++;
                AreWhole &= ValueCheck.IsWhole(value);
                if (!value.TryGetDecimal(out var number))
                    break;
                Least = Least is { } least ? Math.Min(least, number) : number;
                Most = Most is { } most ? Math.Max(most, number) : number;
                break;
            case JsonValueKind.Array:
                AddLength(value.GetArrayLength());
                break;
        }
    }

    public void AddPresence(bool isThere, int sample)
    {
        Objects++;
        if (isThere)
            Present++;
        else
            FirstWithout ??= sample;
    }

    private void AddText(string text, SchemaFormat format)
    {
        Texts++;
        AddLength(ValueCheck.LengthOf(text, format));
        if (Formats.Count > 0)
            Formats.RemoveWhere(name => !TextFormats.Proves(name, text));
        if (_distinct.Count <= MaxDistinct)
            _distinct[text] = _distinct.GetValueOrDefault(text) + 1;
    }

    private void AddLength(int length)
    {
        Shortest = Shortest is { } shortest ? Math.Min(shortest, length) : length;
        Longest = Longest is { } longest ? Math.Max(longest, length) : length;
    }
}

namespace Switchyard.Telemetry;

/// <summary>The values of labels; null for labels that a measure does not have. Immutable.</summary>
internal sealed class LabelValues
{
    private static readonly int s_count = Enum.GetValues<Label>().Length;

    private readonly string?[] _values = new string?[s_count];

    public string? this[Label label] => _values[(int)label];

    /// <summary>A copy with one more value.</summary>
    public LabelValues With(Label label, string value)
    {
        var more = new LabelValues();
        _values.CopyTo(more._values, 0);
        more._values[(int)label] = value;
        return more;
    }
}

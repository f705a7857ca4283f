namespace Switchyard.Configuration.Binding;

/// <summary>A number followed by a unit, the notation of durations and sizes.</summary>
internal static class UnitText
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>The number and the letters after it; either may be empty. A space between them is allowed.</summary>
    public static (string Number, string Unit) Split(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var number = trimmed.TrimEnd(Letters);
        return (number.TrimEnd().ToString(), trimmed[number.Length..].ToString());
    }
}

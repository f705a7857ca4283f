using System.Globalization;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Shares in the configuration: a number and a percent sign. A plain number is refused, because <c>0.5</c> means a half
/// to one reader and half a percent to the next. In the options a share is a fraction: <c>5%</c> is 0.05.
/// </summary>
internal static class PercentText
{
    public static bool TryParse(string text, out double fraction)
    {
        fraction = 0;
        var trimmed = text.AsSpan().Trim();
        if (!trimmed.EndsWith('%')
            || !decimal.TryParse(trimmed[..^1].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            || percent > 100)
        {
            return false;
        }

        fraction = (double)(percent / 100);
        return true;
    }

    /// <summary>The share as it would be written, to a millionth.</summary>
    public static string Format(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0.####}%");
}

using System.Globalization;

namespace Switchyard.Configuration.Binding;

/// <summary>When a target is slow, as written in the configuration: a duration, or a percentile <c>p50</c> to <c>p99</c>.</summary>
internal static class HedgeDelayText
{
    /// <param name="text">The text in the configuration.</param>
    /// <param name="after">The duration; null for a percentile.</param>
    /// <param name="percentile">The percentile as a share, from 0 to 1; null for a duration.</param>
    public static bool TryParse(string text, out TimeSpan? after, out double? percentile)
    {
        (after, percentile) = (null, null);
        if (text.StartsWith('p') && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            percentile = number / 100.0;
            return number is >= 50 and <= 99;
        }

        if (!DurationText.TryParse(text, out var duration))
            return false;
        after = duration;
        return duration > TimeSpan.Zero;
    }
}

using System.Globalization;

namespace Switchyard.Configuration.Binding;

/// <summary>Values as the configuration writes them: <see cref="OptionsBinder"/> reads them back as the same value.</summary>
internal static class OptionText
{
    private const string Plain = "0.############################";

    /// <summary>The text of a value; null for null.</summary>
    public static string? Of(object? value, OptionKind kind) => (value, kind) switch
    {
        (null, _) => null,
        (true, _) => "true",
        (false, _) => "false",
        (TimeSpan duration, _) => DurationText.Format(duration),
        (long bytes, OptionKind.Size) => SizeText.Format(bytes),
        (double fraction, OptionKind.Percent) => $"{Decimal(fraction * 100)}%",
        (double number, _) => Decimal(number),
        (decimal number, _) => number.ToString(Plain, CultureInfo.InvariantCulture),
        (IFormattable number, _) => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>Without an exponent, which is not read; a number without such a form is not an option's value.</summary>
    private static string Decimal(double number) => Math.Abs(number) < 1e15
        ? ((decimal)number).ToString(Plain, CultureInfo.InvariantCulture)
        : number.ToString("R", CultureInfo.InvariantCulture);
}

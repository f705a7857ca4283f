using System.Globalization;

namespace Switchyard.LoadTest.Reporting;

internal static class Number
{
    public static string Text(double value, int decimals) =>
        value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

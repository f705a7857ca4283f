namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Makes client-controlled text safe for a response header, against header injection: printable ASCII, at most 2,048 characters.
/// </summary>
internal static class HeaderText
{
    private const int Longest = 2048;

    public static string Clean(string text)
    {
        if (text.Length <= Longest && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        return string.Create(Math.Min(text.Length, Longest), text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        });
    }
}

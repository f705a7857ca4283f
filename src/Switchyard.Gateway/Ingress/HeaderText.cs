namespace Switchyard.Gateway.Ingress;

/// <summary>Text a client chose, made fit for a header: a line break there would let it write headers of its own.</summary>
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

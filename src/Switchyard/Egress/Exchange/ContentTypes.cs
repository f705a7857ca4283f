namespace Switchyard.Egress.Exchange;

/// <summary>Classifies the value of a <c>Content-Type</c> header.</summary>
internal static class ContentTypes
{
    public static bool IsJson(string contentType) =>
        contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
        || Name(contentType).EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    public static bool IsHtml(string contentType) => contentType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is a text, including subtitle formats that have their own type.</summary>
    public static bool IsText(string contentType) =>
        contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
        || Name(contentType).Equals("application/x-subrip", StringComparison.OrdinalIgnoreCase);

    public static bool IsEventStream(string contentType) =>
        Name(contentType).Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> Name(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).TrimEnd();
    }
}

namespace Switchyard.Egress.Exchange;

/// <summary>Classifies the value of a <c>Content-Type</c> header.</summary>
internal static class ContentTypes
{
    public static bool IsJson(string contentType) =>
        contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
        || Name(contentType).EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The type to send JSON with: as the provider sent it, if that is a type of JSON; else <c>application/json</c>, because clients choose
    /// their parser by it. JSON is UTF-8 (RFC 8259): by another charset some clients would decode it wrongly.
    /// </summary>
    public static string OfJson(string contentType) =>
        contentType is "application/json" || (IsNamedJson(Name(contentType)) && !NamesOtherCharset(contentType))
            ? contentType
            : "application/json";

    public static bool IsHtml(string contentType) => contentType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is a text, including subtitle formats that have their own type.</summary>
    public static bool IsText(string contentType) =>
        contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
        || Name(contentType).Equals("application/x-subrip", StringComparison.OrdinalIgnoreCase);

    public static bool IsEventStream(string contentType) =>
        Name(contentType).Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static bool IsNamedJson(ReadOnlySpan<char> name) =>
        name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    private static bool NamesOtherCharset(string contentType)
    {
        const string Parameter = "charset=";
        var at = contentType.IndexOf(Parameter, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return false;
        var value = contentType.AsSpan(at + Parameter.Length);
        var end = value.IndexOf(';');
        return !(end < 0 ? value : value[..end]).Trim(" \t\"").Equals("utf-8", StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> Name(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).TrimEnd();
    }
}

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>The wire names files by address; the canonical form wants to know what stands there.</summary>
internal static class FileUrlMediaType
{
    /// <summary>The media type a file's address suggests.</summary>
    public static string Of(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        ? Path.GetExtension(parsed.AbsolutePath).ToUpperInvariant() switch
        {
            ".TXT" => "text/plain",
            ".MD" => "text/markdown",
            ".CSV" => "text/csv",
            ".HTML" or ".HTM" => "text/html",
            ".JSON" => "application/json",
            _ => "application/pdf",
        }
        : "application/pdf";
}

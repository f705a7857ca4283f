namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Guesses the media type of a file from its web address: this format has none, and the canonical form requires one.</summary>
internal static class FileUrlMediaType
{
    /// <summary>The media type of the address's extension; <c>application/pdf</c> for an unknown one.</summary>
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

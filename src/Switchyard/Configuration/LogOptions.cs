using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The log: its content and its format.</summary>
public sealed class LogOptions
{
    /// <summary>The format of a line: <c>text</c> for reading, <c>json</c> for programs, one object per line.</summary>
    /// <value>The default is <c>text</c>.</value>
    [ConfigurationKeyName("format"), KnownValues("text", "json")]
    public string Format { get; set; } = "text";

    /// <summary>
    /// Whether a provider's error text about a request it refused is logged above the level debug. It may quote the request.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("content")]
    public bool Content { get; set; }
}

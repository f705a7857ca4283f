using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>What is logged, and how.</summary>
public sealed class LogOptions
{
    /// <summary>What a line is: <c>text</c> for people, <c>json</c> for programs, one object a line.</summary>
    /// <value>The default is <c>text</c>.</value>
    [ConfigurationKeyName("format"), KnownValues("text", "json")]
    public string Format { get; set; } = "text";

    /// <summary>
    /// Whether a provider's own words about a request it refused are logged above the level debug. They may quote the request.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("content")]
    public bool Content { get; set; }
}

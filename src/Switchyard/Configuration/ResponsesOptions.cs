using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Answers of OpenAI's Responses format that the gateway stores if their provider does not.</summary>
public sealed class ResponsesOptions
{
    /// <summary>
    /// Whether they are stored, so that a client may continue one (<c>previous_response_id</c>) and read it again. The client's
    /// request and its answer are stored.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("store")]
    public bool Store { get; set; }

    /// <summary>How long one is stored, from <c>1m</c> to <c>365d</c>.</summary>
    /// <value>The default is 30 days.</value>
    [ConfigurationKeyName("keep")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(30);
}

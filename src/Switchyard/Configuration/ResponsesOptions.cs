using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Answers of OpenAI's Responses format that are kept here where their provider keeps none.</summary>
public sealed class ResponsesOptions
{
    /// <summary>
    /// Whether they are kept, so that a client may go on from one (<c>previous_response_id</c>) and read it again. What is kept is what the
    /// client sent and was answered.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("store")]
    public bool Store { get; set; }

    /// <summary>How long one is kept, from <c>1m</c> to <c>365d</c>.</summary>
    /// <value>The default is 30 days.</value>
    [ConfigurationKeyName("keep")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(30);
}

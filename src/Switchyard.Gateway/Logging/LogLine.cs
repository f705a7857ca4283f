using Microsoft.Extensions.Logging;

namespace Switchyard.Gateway.Logging;

/// <summary>
/// An event that waits until the log's thread formats it as a line. It holds nothing that changes after the event.
/// </summary>
/// <param name="At">The time of the event, in UTC.</param>
/// <param name="Level">The log level.</param>
/// <param name="Category">The category of the logger.</param>
/// <param name="Event">The event id.</param>
/// <param name="State">The message: a text, or an object that formats itself into one.</param>
/// <param name="Values">The values in it by their names; null if the format shows none.</param>
/// <param name="Exception">The exception's text; null without one.</param>
internal readonly record struct LogLine(
    DateTime At,
    LogLevel Level,
    string Category,
    int Event,
    object State,
    IReadOnlyList<KeyValuePair<string, object?>>? Values = null,
    string? Exception = null);

using Microsoft.Extensions.Logging;

namespace Switchyard.Gateway.Logging;

/// <summary>
/// An event as it waits for the log's thread, which makes a line of it. It holds nothing that changes after the event.
/// </summary>
/// <param name="At">When it was, in UTC.</param>
/// <param name="Level">How grave it is.</param>
/// <param name="Category">Who tells it.</param>
/// <param name="Event">Its id.</param>
/// <param name="State">What happened: a text, or what formats itself into one.</param>
/// <param name="Values">The values in it by their names; null where the format shows none.</param>
/// <param name="Exception">The exception's text; null without one.</param>
internal readonly record struct LogLine(
    DateTime At,
    LogLevel Level,
    string Category,
    int Event,
    object State,
    IReadOnlyList<KeyValuePair<string, object?>>? Values = null,
    string? Exception = null);

namespace Switchyard.Calls;

/// <summary>What an attempt or a call has taken of its limits by estimate, and settles when it ends. Thread-safe.</summary>
internal interface ITaken
{
    /// <summary>Corrects what was taken. The first call counts.</summary>
    /// <param name="wasSent">Whether a request was sent at all; if not, everything is given back.</param>
    /// <param name="tokens">The tokens it came to; null when nobody knows, so that the estimate stands.</param>
    /// <param name="output">Those of the answer; null when not known.</param>
    void Settle(bool wasSent, long? tokens, long? output);
}

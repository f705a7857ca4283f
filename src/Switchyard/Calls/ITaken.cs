namespace Switchyard.Calls;

/// <summary>The amounts that an attempt or a call has taken from its limits by estimate, and settles when it ends. Thread-safe.</summary>
internal interface ITaken
{
    /// <summary>Corrects the amounts. The first call counts.</summary>
    /// <param name="requests">The number of requests sent; if none was, everything is returned to the limits.</param>
    /// <param name="tokens">The tokens used; null if unknown, so that the estimate remains.</param>
    /// <param name="output">The output tokens; null if unknown.</param>
    void Settle(int requests, long? tokens, long? output);
}

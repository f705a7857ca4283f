using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>What an endpoint knows about a request before it reads the body.</summary>
/// <param name="Operation">The operation of the path.</param>
public sealed record IngressRequest(CallOperation Operation)
{
    /// <summary>The model, if the path names it; null if the body does.</summary>
    public string? Model { get; init; }

    /// <summary>Whether a stream is requested, if the path decides it; null if the body does.</summary>
    public bool? Stream { get; init; }

    /// <summary>
    /// The answer's form where the path chooses one: <c>"array"</c> (a stream as one JSON list) or <c>"single"</c> (one vector). Only
    /// Gemini sets it; null elsewhere.
    /// </summary>
    public string? AnswerForm { get; init; }

    /// <summary>The headers of <see cref="IIngressDialect.RequestHeaders"/> the client sent, by lower-case name.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = CallEnvelope.NoHeaders;
}

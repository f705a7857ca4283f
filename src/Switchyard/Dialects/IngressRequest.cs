using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>What an endpoint knows of a request before its body is read.</summary>
/// <param name="Operation">What the path asks for.</param>
public sealed record IngressRequest(CallOperation Operation)
{
    /// <summary>The model, where the path names it; null where the body does.</summary>
    public string? Model { get; init; }

    /// <summary>Whether a stream is asked for, where the path says so; null where the body does.</summary>
    public bool? Stream { get; init; }

    /// <summary>The form the answer is wanted in, where the path chooses one, in the dialect's own word; null where there is no choice.</summary>
    public string? AnswerForm { get; init; }

    /// <summary>The headers of <see cref="IIngressDialect.RequestHeaders"/> the client sent, by lower-case name.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = CallEnvelope.NoHeaders;
}

namespace Switchyard.Providers;

/// <summary>
/// Reads from the exception of an <c>IChatClient</c> how its provider answered, so that a refusal (400) is told from an outage: a refused
/// request is not sent to another target. Register one as a service for a client whose exceptions are not understood without. Thread-safe.
/// </summary>
/// <remarks>
/// Without one, the status is read from <see cref="HttpRequestException.StatusCode"/>, and from messages that begin like those of the
/// OpenAI and Azure packages (<c>HTTP 429 (…)</c>, <c>Status: 429 (…)</c>), of the exception or of those inside it.
/// </remarks>
public interface IClientExceptionReader
{
    /// <summary>What the provider answered; null when this exception says nothing of it. Must not throw.</summary>
    ClientFailure? Read(Exception exception);
}

/// <summary>How the provider of an <c>IChatClient</c> answered.</summary>
/// <param name="Status">The HTTP status, from 400 to 599.</param>
public sealed record ClientFailure(int Status)
{
    /// <summary>The provider's machine-readable code; null when it gave none.</summary>
    public string? Code { get; init; }

    /// <summary>The provider's type of the error; null when it gave none.</summary>
    public string? Type { get; init; }

    /// <summary>What the provider said; null takes the exception's message.</summary>
    public string? Message { get; init; }

    /// <summary>How long to wait before another try; null when unknown.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

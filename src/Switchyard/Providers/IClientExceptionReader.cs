namespace Switchyard.Providers;

/// <summary>
/// Reads the provider's answer from the exception of an <c>IChatClient</c>, to distinguish a refusal (400) from an outage: a refused
/// request is not sent to another target. Register one as a service for a client whose exceptions are not recognised otherwise.
/// Thread-safe.
/// </summary>
/// <remarks>
/// Without one, the status is read from <see cref="HttpRequestException.StatusCode"/>, and from messages that begin like those of the
/// OpenAI and Azure packages (<c>HTTP 429 (…)</c>, <c>Status: 429 (…)</c>), of the exception or of those inside it.
/// </remarks>
public interface IClientExceptionReader
{
    /// <summary>The provider's answer; null if the exception does not contain it. Must not throw.</summary>
    ClientFailure? Read(Exception exception);
}

/// <summary>How the provider of an <c>IChatClient</c> answered.</summary>
/// <param name="Status">The HTTP status, from 400 to 599.</param>
public sealed record ClientFailure(int Status)
{
    /// <summary>The provider's machine-readable code; null if none.</summary>
    public string? Code { get; init; }

    /// <summary>The provider's type of the error; null if none.</summary>
    public string? Type { get; init; }

    /// <summary>The provider's message; null uses the exception's message.</summary>
    public string? Message { get; init; }

    /// <summary>How long to wait before a retry; null if unknown.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

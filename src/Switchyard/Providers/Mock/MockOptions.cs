using Microsoft.Extensions.AI;

namespace Switchyard.Providers.Mock;

/// <summary>The behaviour of the mock. The defaults answer at once and never fail.</summary>
public sealed record MockOptions
{
    /// <summary>The default of <see cref="Answer"/>; <c>{message}</c> is the last user message.</summary>
    public const string DefaultAnswer = "Mock response to: {message}";

    /// <summary>The default of <see cref="ErrorMessage"/>.</summary>
    public const string DefaultErrorMessage = "Simulated mock provider failure";

    /// <summary>How long an answer takes.</summary>
    /// <value>The default is 0.</value>
    public TimeSpan Delay { get; init; }

    /// <summary>The largest random addition to <see cref="Delay"/>.</summary>
    /// <value>The default is 0.</value>
    public TimeSpan Jitter { get; init; }

    /// <summary>The share of calls that succeed, from 0 (all fail) to 1 (none fails).</summary>
    /// <value>The default is 1.</value>
    public double SuccessRate { get; init; } = 1;

    /// <summary>The message of a simulated failure.</summary>
    /// <value>The default is <c>Simulated mock provider failure</c>.</value>
    public string ErrorMessage { get; init; } = DefaultErrorMessage;

    /// <summary>The text of an answer; <c>{message}</c> is the last user message.</summary>
    /// <value>The default is <c>Mock response to: {message}</c>.</value>
    public string Answer { get; init; } = DefaultAnswer;

    /// <summary>Canned answers, by the exact text of the last user message.</summary>
    public IReadOnlyDictionary<string, string> Answers { get; init; } = new Dictionary<string, string>();

    /// <summary>How many characters a streamed piece holds. At least 1.</summary>
    /// <value>The default is 5.</value>
    public int ChunkSize { get; init; } = 5;

    /// <summary>How long it waits between two streamed pieces.</summary>
    /// <value>The default is 0.</value>
    public TimeSpan ChunkInterval { get; init; }

    /// <summary>Whether it streams.</summary>
    /// <value>The default is true.</value>
    public bool EnableStreaming { get; init; } = true;

    /// <summary>The random seed of failures and jitter, for repeatable runs; null uses a new one each time.</summary>
    public int? Seed { get; init; }

    /// <summary>Reported with every chat instead of the estimate; null estimates (see <see cref="MockTokens"/>).</summary>
    public UsageDetails? Usage { get; init; }

    /// <summary>The problems of these options; empty if valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (SuccessRate is not (>= 0 and <= 1))
            yield return "success_rate must be between 0 (always fails) and 1 (never fails)";
        if (Delay < TimeSpan.Zero)
            yield return "delay must not be negative";
        if (Jitter < TimeSpan.Zero)
            yield return "jitter must not be negative";
        if (ChunkInterval < TimeSpan.Zero)
            yield return "chunk_interval must not be negative";
        if (ChunkSize < 1)
            yield return "chunk_size must be at least 1";
    }
}

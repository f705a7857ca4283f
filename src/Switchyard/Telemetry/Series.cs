using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Telemetry;

/// <summary>The end status of a request or an attempt, as a label.</summary>
internal enum EndStatus
{
    Success,
    Error,
    Canceled,
    Refused,
}

/// <summary>
/// All counts of one provider, model, operation and tenant. A call gets it once for each attempt, from its deployment, and counts by
/// reference. Thread-safe.
/// </summary>
internal sealed class TargetSeries : IMeasures
{
    private static readonly string[] s_statuses = ["success", "error", "canceled", "refused"];

    private static readonly double[] s_durations = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
    private static readonly double[] s_firstTokens =
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120];

    private readonly Counter[] _attempts = [new(), new(), new(), new()];
    private readonly Distribution[] _durations = [new(s_durations), new(s_durations), new(s_durations)];

    public TargetSeries(string provider, string model, CallOperation operation, string tenant)
    {
        Labels = new LabelValues()
            .With(Label.Provider, provider)
            .With(Label.Model, model)
            .With(Label.Operation, OperationNames.Label(operation))
            .With(Label.Tenant, tenant);
        Operation = operation;
    }

    public LabelValues Labels { get; }

    public CallOperation Operation { get; }

    public Counter Requests { get; } = new();

    public Counter Active { get; } = new();

    public Counter Decisions { get; } = new();

    public Counter InputTokens { get; } = new();

    public Counter OutputTokens { get; } = new();

    public Counter TotalTokens { get; } = new();

    public Counter CacheReadTokens { get; } = new();

    public Counter CacheWriteTokens { get; } = new();

    public Counter ReasoningTokens { get; } = new();

    public Counter UncountedAnswers { get; } = new();

    public Distribution FirstToken { get; } = new(s_firstTokens);

    /// <summary>Failed requests, by code and status. Bounded by the store, which normalizes the codes.</summary>
    public ConcurrentDictionary<(string Type, int Status), Counter> Errors { get; } = new();

    public static string Name(EndStatus status) => s_statuses[(int)status];

    public Counter Attempts(EndStatus status) => _attempts[(int)status];

    /// <summary>The durations of requests with an end status. One that was refused before it was sent counts as an error.</summary>
    public Distribution Duration(EndStatus status) => _durations[(int)status];

    public void Add(in TokenUsage usage)
    {
        if (usage.IsEmpty)
            return;
        Add(InputTokens, usage.Input);
        Add(OutputTokens, usage.Output);
        Add(TotalTokens, usage.Total);
        Add(CacheReadTokens, usage.CacheRead);
        Add(CacheWriteTokens, usage.CacheWrite);
        Add(ReasoningTokens, usage.Reasoning);

        static void Add(Counter counter, long? count)
        {
            if (count is > 0 and var tokens)
                counter.Add(tokens);
        }
    }
}

/// <summary>Ended calls of one operation, client key and tenant.</summary>
internal sealed class CallSeries(CallOperation operation, string key, string tenant)
{
    private readonly Counter[] _ended = [new(), new(), new()];

    public LabelValues Labels { get; } = new LabelValues()
        .With(Label.Operation, OperationNames.Label(operation))
        .With(Label.Key, key)
        .With(Label.Tenant, tenant);

    public Counter Ended(CallOutcome outcome) => _ended[(int)StatusOf(outcome)];

    public Counter Ended(EndStatus status) => _ended[(int)status];

    public static EndStatus StatusOf(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Finished => EndStatus.Success,
        CallOutcome.Abandoned => EndStatus.Canceled,
        _ => EndStatus.Error,
    };
}

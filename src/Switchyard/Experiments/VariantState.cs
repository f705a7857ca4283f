using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Experiments;

/// <summary>
/// The outcomes of the calls of one variant, or of one side of a shadow. Constant in size. Thread-safe: it has a lock, held for a few
/// additions.
/// </summary>
internal sealed class VariantState(string name, string target, double share, string label, ExperimentCurve curve)
{
    // On a coarse clock a time may be zero; this keeps the logarithm finite.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMicroseconds(1);

    private readonly Lock _gate = new();
    private readonly RunningMoments[] _moments = new RunningMoments[ExperimentMetrics.All.Length];
    private long _calls;
    private long _answered;
    private long _abandoned;
    private long _inputTokens;
    private long _outputTokens;

    public string Name { get; } = name;

    public string Target { get; } = target;

    public double Share { get; } = share;

    /// <summary><c>experiment=variant</c>, as in the header of each answer.</summary>
    public string Label { get; } = label;

    /// <summary>Records the end of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="outcome">How it ended for this variant.</param>
    /// <param name="cost">Its cost; null if unknown.</param>
    public void Note(ModelCall call, VariantOutcome outcome, double? cost)
    {
        var latency = Seconds(call.Elapsed);
        var firstToken = Seconds(call.UpstreamTime);
        var usage = call.Attempt!.Usage;
        lock (_gate)
            Add(outcome, latency, firstToken, call.Envelope.Stream, cost, usage);
        // Outside the lock, because it reads all variants.
        curve.Note();
    }

    /// <summary>Records a caller's score of one call, replacing an earlier one.</summary>
    public void Rate(double score, double? before)
    {
        lock (_gate)
        {
            ref var feedback = ref _moments[(int)ExperimentMetric.Feedback];
            if (before is { } old)
                feedback.Replace(old, score);
            else
                feedback.Add(score);
        }
    }

    /// <summary>The current figures.</summary>
    public VariantFigures Read()
    {
        lock (_gate)
            return new([.. _moments], _calls, _answered, _abandoned, _inputTokens, _outputTokens);
    }

    private static double Seconds(TimeSpan time) => (time < s_shortest ? s_shortest : time).TotalSeconds;

    private static long Sum(long sum, long? count) => TokenUsage.Sum(sum, count) ?? sum;

    private void Add(VariantOutcome outcome, double latency, double firstToken, bool isStream, double? cost, TokenUsage usage)
    {
        _calls++;
        if (outcome == VariantOutcome.Abandoned)
        {
            _abandoned++;
            return;
        }

        Add(ExperimentMetric.Errors, outcome == VariantOutcome.Failed ? 1 : 0);
        if (outcome == VariantOutcome.Failed)
            return;
        _answered++;
        Add(ExperimentMetric.Latency, Math.Log(latency));
        if (isStream)
            Add(ExperimentMetric.FirstToken, Math.Log(firstToken));
        if (cost is { } dollars)
            Add(ExperimentMetric.Cost, dollars);
        _inputTokens = Sum(_inputTokens, usage.Input);
        _outputTokens = Sum(_outputTokens, usage.Output);
    }

    private void Add(ExperimentMetric metric, double value) => _moments[(int)metric].Add(value);
}

/// <summary>How a call ended for its variant.</summary>
internal enum VariantOutcome
{
    /// <summary>The variant answered it to the end.</summary>
    Answered,

    /// <summary>The variant did not: the call failed, or another target answered.</summary>
    Failed,

    /// <summary>The client disconnected; the call says nothing about the variant.</summary>
    Abandoned,
}

/// <summary>The figures of one variant at one moment.</summary>
internal sealed record VariantFigures(
    RunningMoments[] Moments, long Calls, long Answered, long Abandoned, long InputTokens, long OutputTokens)
{
    public RunningMoments Of(ExperimentMetric metric) => Moments[(int)metric];
}

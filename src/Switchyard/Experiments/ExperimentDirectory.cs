using Switchyard.Calls;

namespace Switchyard.Experiments;

/// <summary>The experiments and shadows in force, and their results. Thread-safe.</summary>
public sealed class ExperimentDirectory
{
    /// <summary>The time after its start in which a call can be rated: 24 hours.</summary>
    public static readonly TimeSpan RatedFor = ExperimentOutcomes.RatedFor;

    private readonly ExperimentStates _states;
    private readonly ExperimentOutcomes _outcomes;
    private readonly Func<ExperimentState, CopyCounts?> _copies;

    internal ExperimentDirectory(ExperimentStates states, ExperimentOutcomes outcomes, Func<ExperimentState, CopyCounts?> copies)
    {
        _states = states;
        _outcomes = outcomes;
        _copies = copies;
    }

    /// <summary>The current results, by name. They may be read at any time, any number of times: no look weakens a verdict.</summary>
    public IReadOnlyList<ExperimentResult> List() => [.. _states.All.Select(Read)];

    /// <summary>The current result of a comparison; null if there is none of that name.</summary>
    public ExperimentResult? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _states.Find(name) is { } entry ? Read(entry) : null;
    }

    /// <summary>
    /// The results of a comparison at rising numbers of calls, by the metric of its verdict, the oldest first; null if there is none of
    /// that name. At most 64 steps.
    /// </summary>
    public IReadOnlyList<ExperimentStep>? GetCurve(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_states.Find(name) is not { State: var state, Question: var question })
            return null;
        var alpha = question.Alpha / (state.Variants.Count - 1);
        return
        [
            .. state.Curve.Read().Select(copy =>
            {
                var named = state.Variants.Zip(copy.Figures, (variant, figures) => (variant.Name, Figures: figures)).ToArray();
                return new ExperimentStep
                {
                    At = copy.At,
                    Calls = copy.Calls,
                    Comparisons = [.. named.Skip(1).Select(variant => Verdict.Compare(named[0], variant, question.Metric, alpha))],
                };
            }),
        ];
    }

    /// <summary>
    /// Stops assigning or copying calls, until the process ends or the comparison's definition changes. Calls are then routed as if it did
    /// not exist; its results stay.
    /// </summary>
    /// <returns>False if there is none of that name.</returns>
    public bool Stop(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_states.Find(name) is not { } entry)
            return false;
        entry.State.Stop();
        return true;
    }

    /// <summary>Rates a call of an experiment; a second score replaces the first.</summary>
    /// <param name="requestId">The call's id: <c>x-request-id</c> of its answer.</param>
    /// <param name="score">From -1 to 1; for "good" and "bad" 1 and 0, or 1 and -1.</param>
    /// <param name="caller">The caller of the call, who alone can rate it. Null is an in-process caller.</param>
    /// <returns>
    /// The variant it counts for, as <c>experiment=variant</c>; null if no experiment had such a call of this caller in the last 24
    /// hours, or later calls have displaced it.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The score is not from -1 to 1.</exception>
    public string? Rate(string requestId, double score, Caller? caller = null)
    {
        ArgumentNullException.ThrowIfNull(requestId);
        if (score is not (>= -1 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score is a number from -1 to 1.");
        return _outcomes.Rate(caller ?? Caller.Anonymous, requestId, score);
    }

    private ExperimentResult Read(ExperimentStates.Entry entry)
    {
        var (state, question) = (entry.State, entry.Question);
        var figures = state.Variants.Select(variant => (variant.Name, Figures: variant.Read())).ToArray();
        // Each comparison gets its part of alpha, so that all together are wrong at most with the probability alpha.
        var alpha = question.Alpha / (figures.Length - 1);
        VariantComparison[] comparisons =
        [
            .. from variant in figures.Skip(1)
               from metric in ExperimentMetrics.All.OrderBy(metric => metric != question.Metric)
               select Verdict.Compare(figures[0], variant, metric, alpha),
        ];
        return new ExperimentResult
        {
            Name = state.Definition.Name,
            Kind = state.Definition.Kind,
            Alias = state.Definition.Alias,
            IsRunning = !state.IsStopped,
            StartedAt = state.StartedAt,
            Metric = question.Metric,
            Alpha = question.Alpha,
            Verdict = string.Join("; ", comparisons.Where(one => one.Metric == question.Metric).Select(one => one.Verdict)),
            Variants = [.. state.Variants.Zip(figures, (variant, read) => Describe(variant, read.Figures))],
            Comparisons = comparisons,
            Copies = _copies(state),
        };
    }

    private static VariantResult Describe(VariantState variant, VariantFigures figures) => new()
    {
        Name = variant.Name,
        Target = variant.Target,
        Share = variant.Share,
        Calls = figures.Calls,
        Answered = figures.Answered,
        Abandoned = figures.Abandoned,
        ErrorRate = MeanOf(figures, ExperimentMetric.Errors),
        Latency = TimeOf(figures, ExperimentMetric.Latency),
        FirstToken = TimeOf(figures, ExperimentMetric.FirstToken),
        Cost = MeanOf(figures, ExperimentMetric.Cost),
        InputTokens = figures.InputTokens,
        OutputTokens = figures.OutputTokens,
        Ratings = figures.Of(ExperimentMetric.Feedback).Count,
        Score = MeanOf(figures, ExperimentMetric.Feedback),
    };

    private static double? MeanOf(VariantFigures figures, ExperimentMetric metric) =>
        figures.Of(metric) is { Count: > 0 } moments ? moments.Mean : null;

    private static TimeSpan? TimeOf(VariantFigures figures, ExperimentMetric metric) =>
        MeanOf(figures, metric) is { } mean ? TimeSpan.FromSeconds(Math.Exp(mean)) : null;
}

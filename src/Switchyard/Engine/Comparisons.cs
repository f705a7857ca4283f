using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Experiments;
using Switchyard.Listing;
using Switchyard.Pipeline;
using Switchyard.Shadowing;

namespace Switchyard.Engine;

/// <summary>
/// The engine's experiments and shadows: the state that outlives a reload, and the sections, steps and observer of a configuration with
/// any. A configuration without any gets none. Thread-safe.
/// </summary>
internal sealed class Comparisons : IDisposable
{
    private readonly ExperimentStates _states;
    private readonly ExperimentOutcomes _outcomes;
    private readonly ShadowGates _gates;
    private readonly ShadowRunner _runner;
    private readonly Random _random;

    /// <param name="time">The clock.</param>
    /// <param name="random">Assigns calls and chooses those to copy.</param>
    /// <param name="logger">The log of shadows.</param>
    public Comparisons(TimeProvider time, Random random, ILogger<ShadowRunner> logger)
    {
        _states = new(time);
        _outcomes = new(time);
        _gates = new(time);
        _runner = new(logger);
        _random = random;
        Directory = new(_states, _outcomes, _gates.CountsOf);
    }

    /// <summary>Their results.</summary>
    public ExperimentDirectory Directory { get; }

    /// <summary>Adds the sections of a configuration. A comparison that differs from the one before begins anew.</summary>
    public CallSections AddTo(CallSections sections, SwitchyardOptions options)
    {
        sections.With(ExperimentPlan.Section, ExperimentPlan.From(options, _states))
            .With(ShadowPlan.Section, ShadowPlan.From(options, _states, _gates));
        _states.KeepOnly(
        [
            .. options.Models.Where(model => model.Value.Experiment is not null).Select(model => model.Value.Experiment!.Name ?? model.Key),
            .. options.Models.Where(model => model.Value.Shadow is not null).Select(model => ShadowPlan.NameOf(model.Key)),
        ]);
        return sections;
    }

    /// <summary>The step that assigns calls, if there is an experiment.</summary>
    public IEnumerable<ICallMiddleware> Experiment(CallSections sections) =>
        sections.Has(ExperimentPlan.Section) ? [new ExperimentMiddleware(_outcomes, _random)] : [];

    /// <summary>The step that copies calls, if there is a shadow.</summary>
    /// <param name="sections">The configuration's sections.</param>
    /// <param name="attempts">The steps of a copy.</param>
    public IEnumerable<ICallMiddleware> Shadow(CallSections sections, CallHandler attempts) =>
        sections.Has(ShadowPlan.Section) ? [new ShadowMiddleware(_runner, attempts, _random)] : [];

    /// <summary>The observer of calls, wrapped to record outcomes if anything is compared.</summary>
    public static ICallObserver Around(ICallObserver observer, CallSections sections) =>
        sections.Has(ExperimentPlan.Section) || sections.Has(ShadowPlan.Section) ? new OutcomeObserver(observer) : observer;

    /// <summary>Ends every running copy.</summary>
    public void Stop() => _runner.Stop();

    public void Dispose() => _runner.Dispose();
}

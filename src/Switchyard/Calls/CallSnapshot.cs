using System.Globalization;

namespace Switchyard.Calls;

/// <summary>
/// The configuration a call begins on and ends on, whatever is reloaded meanwhile: routes, clocks, one section for each feature that is
/// configured, and the pipeline made for them. Immutable; replaced whole.
/// </summary>
public sealed class CallSnapshot
{
    private readonly CallSections _sections;

    internal CallSnapshot(long generation, IModelResolver routes, CallClocks clocks, CallSections? sections = null)
    {
        Generation = generation;
        GenerationText = generation.ToString(CultureInfo.InvariantCulture);
        Routes = routes;
        Clocks = clocks;
        _sections = sections ?? CallSections.None;
    }

    /// <summary>Counts the configurations this process has served, from 1.</summary>
    public long Generation { get; }

    /// <summary>The generation as text, for the response header of every call.</summary>
    public string GenerationText { get; }

    /// <summary>How long a call may take.</summary>
    public CallClocks Clocks { get; }

    /// <summary>Whether a field that cannot be carried to the target is a 400.</summary>
    public bool Strict { get; internal init; }

    /// <summary>Leads from a model name to a route.</summary>
    internal IModelResolver Routes { get; }

    /// <summary>The steps every call passes: those this configuration needs, and no other.</summary>
    internal CallHandler Pipeline { get; init; } = static _ => throw new InvalidOperationException("This snapshot has no pipeline.");

    /// <summary>Is told of each attempt's and each call's end.</summary>
    internal ICallObserver Observer { get; init; } = NoObserver.Instance;

    /// <summary>The calls under way on this configuration.</summary>
    internal InFlight InFlight { get; } = new();

    /// <summary>A feature's section; null when the feature is not configured.</summary>
    public T? Section<T>(SectionKey<T> key)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(key);
        return _sections.Find(key);
    }

    private sealed class NoObserver : ICallObserver
    {
        public static readonly NoObserver Instance = new();

        public void OnAttemptEnded(ModelCall call, Attempt attempt)
        {
        }

        public void OnCallEnded(ModelCall call, CallResponse response)
        {
        }
    }
}

/// <summary>What is to be done when an attempt or a call has ended. Never throws.</summary>
internal interface ICallObserver
{
    void OnAttemptEnded(ModelCall call, Attempt attempt);

    void OnCallEnded(ModelCall call, CallResponse response);
}

using System.Globalization;
using Switchyard.Common;

namespace Switchyard.Calls;

/// <summary>
/// The configuration of a call from its start to its end, even across reloads: routes, timeouts, one section for each
/// configured feature, and the pipeline built for them. Immutable and thread-safe; a reload replaces it whole.
/// </summary>
public sealed class CallSnapshot
{
    private static readonly SecretRedactor s_noSecrets = new();

    private readonly CallSections _sections;

    internal CallSnapshot(long generation, IModelResolver routes, CallClocks clocks, CallSections? sections = null)
    {
        Generation = generation;
        GenerationText = generation.ToString(CultureInfo.InvariantCulture);
        Routes = routes;
        Clocks = clocks;
        _sections = sections ?? CallSections.None;
    }

    /// <summary>The number of this configuration in this process, from 1.</summary>
    public long Generation { get; }

    /// <summary>The generation as text, for the response header of every call.</summary>
    public string GenerationText { get; }

    /// <summary>The timeouts of a call.</summary>
    public CallClocks Clocks { get; }

    /// <summary>
    /// The id by which the gateway recognises a request that it passed on itself (<see cref="Hop"/>): the same in every instance of it.
    /// </summary>
    public string HopId { get; internal init; } = "";

    /// <summary>Whether calls count for a ledger or a budget, so that the tags of clients are needed.</summary>
    public bool CountsMoney { get; internal init; }

    /// <summary>Whether a field that cannot be carried to the target is a 400.</summary>
    public bool Strict { get; internal init; }

    /// <summary>Whether a log may hold texts that may quote the request: the provider's, or the caller's own.</summary>
    public bool LogsContent { get; internal init; }

    /// <summary>Resolves a model name to a route.</summary>
    internal IModelResolver Routes { get; }

    /// <summary>The pipeline of every call. It holds only the steps that this configuration needs.</summary>
    internal CallHandler Pipeline { get; init; } = static _ => throw new InvalidOperationException("This snapshot has no pipeline.");

    /// <summary>
    /// Separates a call's answer in a cache beyond the request itself: the guards it passes, and the model name in it; null for none.
    /// </summary>
    internal Func<ModelCall, string>? AnswerFingerprint { get; init; }

    /// <summary>Masks the host's secrets in everything that leaves the process.</summary>
    internal SecretRedactor Secrets { get; init; } = s_noSecrets;

    /// <summary>Notified of the end of each attempt and each call.</summary>
    internal ICallObserver Observer { get; init; } = NoObserver.Instance;

    /// <summary>The running calls, on any configuration; null if they are not listed.</summary>
    internal RunningCalls? Running { get; init; }

    /// <summary>Counts the running calls on this configuration.</summary>
    internal InFlight InFlight { get; } = new();

    /// <summary>A feature's section; null if the feature is not configured.</summary>
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

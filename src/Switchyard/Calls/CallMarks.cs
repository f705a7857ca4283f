namespace Switchyard.Calls;

/// <summary>
/// The slots for state that few calls have and several folders use. Slots, because a field would cost every call its bytes.
/// </summary>
internal static class CallMarks
{
    /// <summary>The experiment and the variant it was assigned.</summary>
    public static readonly SlotKey<string> Experiment = new();

    /// <summary>The id of the call that this shadow call copies.</summary>
    public static readonly SlotKey<string> ShadowOf = new();

    /// <summary>The client's tag.</summary>
    public static readonly SlotKey<string> Tag = new();

    /// <summary>The conversation that the client named.</summary>
    public static readonly SlotKey<string> Session = new();

    /// <summary>The limit that its budget set for its answer.</summary>
    public static readonly SlotKey<string> MaxOutput = new();

    /// <summary>The cheaper model it went to, and the budget that caused it.</summary>
    public static readonly SlotKey<string> Cheaper = new();

    /// <summary>The stored state for calls that continue its answer.</summary>
    public static readonly SlotKey<StoredTurn> StoredTurn = new();

    /// <summary>The reason for the choice of its target.</summary>
    public static readonly SlotKey<CallDecision> Decision = new();

    /// <summary>The amounts taken from its caller's limits.</summary>
    public static readonly SlotKey<ITaken> Taken = new();

    /// <summary>The request headers that an affinity reads.</summary>
    public static readonly SlotKey<IReadOnlyDictionary<string, string>> AffinityHeaders = new();

    /// <summary>The client's cache settings.</summary>
    public static readonly SlotKey<CacheControl> CacheControl = new();

    /// <summary>The key under which its client may repeat it.</summary>
    public static readonly SlotKey<string> IdempotencyKey = new();

    /// <summary>The role of a cache in it.</summary>
    public static readonly SlotKey<CacheFacts> Cache = new();

    /// <summary>Stops its waits when the call is ended from outside.</summary>
    public static readonly SlotKey<CancellationTokenSource> Ending = new();

    /// <summary>The work it still does for other clients.</summary>
    public static readonly SlotKey<Task> SharedWork = new();

    /// <summary>The requested name of its recording; after routing, the name under which it is recorded.</summary>
    public static readonly SlotKey<string> Record = new();

    /// <summary>The targets that it may go to, instead of those of its model.</summary>
    public static readonly SlotKey<IReadOnlyList<string>> Targets = new();

    /// <summary>The client's wishes for this call alone.</summary>
    public static readonly SlotKey<CallWishes> Wishes = new();

    /// <summary>The model name in its answer, if that is not the name of the model that served.</summary>
    public static readonly SlotKey<string> AnswerModel = new();

    /// <summary>The findings of guards in it.</summary>
    public static readonly SlotKey<GuardFacts> Guards = new();

    /// <summary>The guard that could not check it, and let it pass.</summary>
    public static readonly SlotKey<string> UncheckedBy = new();
}

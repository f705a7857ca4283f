namespace Switchyard.Calls;

/// <summary>
/// The slots of what few calls have and records name all the same. Slots, because a field would cost every call its bytes.
/// </summary>
internal static class CallMarks
{
    public static readonly SlotKey<string> Experiment = new();

    public static readonly SlotKey<string> ShadowOf = new();

    /// <summary>What its client tags it with.</summary>
    public static readonly SlotKey<string> Tag = new();

    /// <summary>The conversation its client says it belongs to.</summary>
    public static readonly SlotKey<string> Session = new();

    /// <summary>The limit its answer was given by its budget.</summary>
    public static readonly SlotKey<string> MaxOutput = new();

    /// <summary>The cheaper model it went to, and the budget that sent it there.</summary>
    public static readonly SlotKey<string> Cheaper = new();

    /// <summary>What is kept of it for calls that go on from its answer.</summary>
    public static readonly SlotKey<KeptTurn> KeptTurn = new();

    /// <summary>Why it goes where it goes.</summary>
    public static readonly SlotKey<CallDecision> Decision = new();

    /// <summary>What the call has taken of its caller's limits.</summary>
    public static readonly SlotKey<ITaken> Taken = new();

    /// <summary>The request headers that an affinity reads.</summary>
    public static readonly SlotKey<IReadOnlyDictionary<string, string>> AffinityHeaders = new();

    /// <summary>What its client asked of the cache.</summary>
    public static readonly SlotKey<CacheControl> CacheControl = new();

    /// <summary>The key under which its client may send it again.</summary>
    public static readonly SlotKey<string> IdempotencyKey = new();

    /// <summary>What a cache had to do with it.</summary>
    public static readonly SlotKey<CacheFacts> Cache = new();

    /// <summary>What stops its waits when somebody ends it.</summary>
    public static readonly SlotKey<CancellationTokenSource> Ending = new();

    /// <summary>What it still does for others.</summary>
    public static readonly SlotKey<Task> Carried = new();

    /// <summary>The name under which its client wants it recorded; once it is routed, that under which it is.</summary>
    public static readonly SlotKey<string> Record = new();

    /// <summary>What its client wishes for it alone.</summary>
    public static readonly SlotKey<CallWishes> Wishes = new();

    /// <summary>What guards found in it.</summary>
    public static readonly SlotKey<GuardFacts> Guards = new();

    /// <summary>The guard that could not look at it, and let it pass.</summary>
    public static readonly SlotKey<string> PassedUnseen = new();
}

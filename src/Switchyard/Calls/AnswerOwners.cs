using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// The account that stores the state behind an id in an answer (an OpenAI response's, a conversation's): a request that continues
/// it fails at any other account. Kept across reloads, bounded by memory and for as long as providers keep such state. Thread-safe.
/// </summary>
internal sealed class AnswerOwners(TimeProvider time)
{
    /// <summary>The owners in every snapshot.</summary>
    public static readonly SectionKey<AnswerOwners> Section = new();

    private static readonly SlotKey<object> s_unknown = new();

    // About 40,000 answers.
    private const long MaxBytes = 16 * 1024 * 1024;

    private const long EntryBytes = 400;

    // A longer id belongs to no provider, and would only fill the memory.
    private const int LongestId = 256;

    private readonly BoundedStore<AnswerOwner> _owners = new(MaxBytes, TimeSpan.FromDays(30), time);

    /// <summary>The account that stores the state a call continues; null if the call continues none, or the account is unknown.</summary>
    public static AccountState? Of(ModelCall call) =>
        call.Envelope.ContinuedId is { } id && call.Snapshot.Section(Section) is { _owners.IsEmpty: false } owners
            ? owners.Find(id)?.State
            : null;

    /// <summary>
    /// The tokens of the answer that a call continues, its prompt included; null if it continues none, or one that another
    /// model gave (which counts differently) or whose tokens were not counted here.
    /// </summary>
    public static long? TokensBefore(ModelCall call, string model) =>
        call.Envelope.ContinuedId is { } id && call.Snapshot.Section(Section)?.Find(id) is { Tokens: > 0 } known && known.Model == model
            ? known.Tokens
            : null;

    /// <summary>Whether a call continues state of another tenant or key: a leaked id must not open another caller's conversation.</summary>
    public static bool ContinuesForeignState(ModelCall call) =>
        call.Envelope.ContinuedId is { } id
        && call.Snapshot.Section(Section)?.Find(id) is { } owner
        && owner.Holder != call.Caller.Holder;

    /// <summary>Whether one of a group's targets belongs to the account that stores a call's earlier state (<see cref="Of"/>).</summary>
    public static bool IsAmong(TargetGroup targets, AccountState owner) =>
        targets.Deployments.Any(target => ReferenceEquals(target.State.Account, owner));

    /// <summary>The owner of the state behind an id; null if unknown.</summary>
    public AnswerOwner? Find(string id) => _owners.TryGet(id, out var owner) ? owner : null;

    /// <summary>The id of the state that a call continues, if its owner is unknown here; null for any other call.</summary>
    public static string? UnknownBefore(ModelCall call) =>
        call.Envelope.ContinuedId is { Length: > 0 and <= LongestId } id && call.Snapshot.Section(Section) is { } owners
        && owners.Find(id) is null
            ? id
            : null;

    /// <summary>
    /// The owner of the state that a call continues could not be looked up: the call does not become its owner by continuing it.
    /// </summary>
    public static void LeaveUnknown(ModelCall call) => call.Set(s_unknown, s_unknown);

    /// <summary>Whether a call leaves the owner of the state that it continues unknown (<see cref="LeaveUnknown"/>).</summary>
    public static bool LeavesUnknown(ModelCall call) => call.Get(s_unknown) is not null;

    public void Set(string? id, AnswerOwner owner)
    {
        if (id is { Length: > 0 and <= LongestId })
            _owners.Set(id, owner, EntryBytes);
    }
}

/// <summary>The account that stores the state behind an id, and the caller it belongs to.</summary>
/// <param name="State">The account's state; targets are compared by it.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Account">The account's name.</param>
/// <param name="Holder">The tenant or key that owns the state.</param>
internal sealed record AnswerOwner(AccountState State, string Provider, string Account, string Holder)
{
    /// <summary>The model that gave the answer; null if unknown.</summary>
    public string? Model { get; init; }

    /// <summary>The tokens of the answer and of its prompt; 0 until they are counted, and for a conversation.</summary>
    public long Tokens { get; set; }
}

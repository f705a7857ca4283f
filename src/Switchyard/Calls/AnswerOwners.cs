using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// Which account keeps the state behind an id that an answer has told (an OpenAI response's, a conversation's): a request that goes on from
/// it fails at any other. Kept across reloads, bounded by memory and as long as providers keep such state. Thread-safe.
/// </summary>
internal sealed class AnswerOwners(TimeProvider time)
{
    /// <summary>The owners in every snapshot.</summary>
    public static readonly SectionKey<AnswerOwners> Section = new();

    // About 40,000 answers.
    private const long MaxBytes = 16 * 1024 * 1024;

    private const long EntryBytes = 400;

    // A longer id is nobody's, and would only fill the memory.
    private const int LongestId = 256;

    private readonly BoundedStore<AnswerOwner> _accounts = new(MaxBytes, TimeSpan.FromDays(30), time);

    /// <summary>The account that keeps what a call goes on from; null where it goes on from nothing, or nobody known keeps it.</summary>
    public static AccountState? Of(ModelCall call) =>
        call.Envelope.GoesOnFrom is { } id && call.Snapshot.Section(Section) is { _accounts.IsEmpty: false } owners
            ? owners.Find(id)?.State
            : null;

    /// <summary>
    /// The tokens of the answer that a call goes on from, its prompt among them; null where it goes on from none, or from one that another
    /// model gave, which counts in its own way, or that was not counted here.
    /// </summary>
    public static long? TokensBefore(ModelCall call, string model) =>
        call.Envelope.GoesOnFrom is { } id && call.Snapshot.Section(Section)?.Find(id) is { Tokens: > 0 } known && known.Model == model
            ? known.Tokens
            : null;

    /// <summary>Whether a call goes on from what is kept for another tenant or key: an id that leaks opens nobody's conversation.</summary>
    public static bool GoesOnFromAnothers(ModelCall call) =>
        call.Envelope.GoesOnFrom is { } id
        && call.Snapshot.Section(Section)?.Find(id) is { } owner
        && owner.Holder != call.Caller.Holder;

    /// <summary>Whether one of a group's targets belongs to the account that keeps what a call goes on from (<see cref="Of"/>).</summary>
    public static bool IsAmong(TargetGroup targets, AccountState owner) =>
        targets.Deployments.Any(target => ReferenceEquals(target.State.Account, owner));

    /// <summary>Who keeps what an id stands for; null where nobody known does.</summary>
    public AnswerOwner? Find(string id) => _accounts.TryGet(id, out var owner) ? owner : null;

    public void Set(string? id, AnswerOwner owner)
    {
        if (id is { Length: > 0 and <= LongestId })
            _accounts.Set(id, owner, EntryBytes);
    }
}

/// <summary>Who keeps the state behind an id, and for whom.</summary>
/// <param name="State">The account's state, by which targets are compared.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Account">The account's name.</param>
/// <param name="Holder">Whose it is.</param>
internal sealed record AnswerOwner(AccountState State, string Provider, string Account, string Holder)
{
    /// <summary>The model that gave the answer; null where that is not known.</summary>
    public string? Model { get; init; }

    /// <summary>The tokens of the answer and of its prompt; 0 until they are counted, and of what is no answer.</summary>
    public long Tokens { get; set; }
}

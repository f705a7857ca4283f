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

    // About 50,000 answers.
    private const long MaxBytes = 16 * 1024 * 1024;

    private const long EntryBytes = 320;

    // A longer id is nobody's, and would only fill the memory.
    private const int LongestId = 256;

    private readonly BoundedStore<AccountState> _accounts = new(MaxBytes, TimeSpan.FromDays(30), time);

    /// <summary>The account that keeps what a call goes on from; null where it goes on from nothing, or nobody known keeps it.</summary>
    public static AccountState? Of(ModelCall call) =>
        call.Envelope.GoesOnFrom is { } id && call.Snapshot.Section(Section) is { _accounts.IsEmpty: false } owners
        && owners._accounts.TryGet(id, out var account)
            ? account
            : null;

    public void Set(string? id, AccountState account)
    {
        if (id is { Length: > 0 and <= LongestId })
            _accounts.Set(id, account, EntryBytes);
    }
}

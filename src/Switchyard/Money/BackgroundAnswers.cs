using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The answers that providers make in the background and whose usage is not known yet. In memory, like their owners (<c>AnswerOwners</c>):
/// an answer that was forgotten here cannot be read through this gateway either. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class BackgroundAnswers(TimeProvider time)
{
    // About 16,000 answers.
    private const long MaxBytes = 32 * 1024 * 1024;

    private const long EntryBytes = 2000;

    // As long as their owners are known.
    private readonly BoundedStore<BackgroundAnswer> _answers = new(MaxBytes, TimeSpan.FromDays(30), time);

    /// <summary>Adds an answer.</summary>
    public void Add(BackgroundAnswer answer) => _answers.Set(KeyOf(answer.Target.Provider, answer.Id), answer, EntryBytes);

    /// <summary>The answer of an id, if its usage is still to be charged; null for any other.</summary>
    public BackgroundAnswer? Find(string provider, string id) =>
        !_answers.IsEmpty && _answers.TryGet(KeyOf(provider, id), out var answer) ? answer : null;

    /// <summary>Removes an answer that is charged.</summary>
    public void Remove(BackgroundAnswer answer) => _answers.Remove(KeyOf(answer.Target.Provider, answer.Id));

    private static string KeyOf(string provider, string id) => $"{provider}\n{id}";
}

/// <summary>
/// An answer that its provider makes in the background: what is needed to charge it to the call that asked for it. It does not refer to
/// that call. Immutable except for its two claims; thread-safe.
/// </summary>
internal sealed class BackgroundAnswer
{
    private int _isClaimed;
    private int _isFollowed;

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Its line in the ledger, without usage: a further line of the call that asked for it. If it is written twice, it counts once.
    /// </summary>
    public required LedgerEntry Entry { get; init; }

    /// <summary>The target that makes it.</summary>
    public required Deployment Target { get; init; }

    /// <summary>The requested service tier; null if the client left it to the provider.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The accounts that the call counted for: their budgets, and the owner if a budget has an account for each.</summary>
    public IReadOnlyList<(string Budget, string? Scope)> Accounts { get; init; } = [];

    /// <summary>Claims it: true only for the first reader that has seen its usage.</summary>
    public bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;

    /// <summary>Releases the claim: it could not be charged, and the next reader tries again.</summary>
    public void Unclaim() => Volatile.Write(ref _isClaimed, 0);

    /// <summary>Begins to read its stream without a client: true only for one reader at a time.</summary>
    public bool TryFollow() => Interlocked.Exchange(ref _isFollowed, 1) == 0;

    /// <summary>Ends what <see cref="TryFollow"/> began.</summary>
    public void Unfollow() => Volatile.Write(ref _isFollowed, 0);
}

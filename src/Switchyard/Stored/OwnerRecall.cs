using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Stored;

/// <summary>
/// Finds the owners of answers in the background that another process began, or this one before a restart: for a request that reads one,
/// and, as a step, for a call that continues one. In the pipeline only if there is a store. Thread-safe.
/// </summary>
/// <param name="desk">Has the store.</param>
/// <param name="registry">The providers, for their accounts.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs while the store is away.</param>
internal sealed partial class OwnerRecall(MoneyDesk desk, ProviderRegistry registry, TimeProvider time, ILogger logger) : ICallMiddleware
{
    /// <summary>The pause of calls that continue an answer after the store has failed: each would wait for it otherwise.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    private long _failedAt = long.MinValue;

    /// <summary>Whether there is a store.</summary>
    public bool IsOn => desk.Background.Store is not null;

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        AnswerOwners.UnknownBefore(call) is { } id ? RecallAsync(call, id, next) : next(call);

    /// <summary>The owner of an answer; null if it is unknown.</summary>
    /// <exception cref="CallException">The store cannot be read.</exception>
    public async ValueTask<AnswerOwner?> FindAsync(ModelCall call, string id)
    {
        if (call.Snapshot.Section(AnswerOwners.Section) is not { } owners)
            return null;
        if (owners.Find(id) is { } known)
            return known;
        if (desk.Background.Store is not { } store)
            return null;
        return await StoreAccess.AskAsync(() => ReadAsync(call, owners, store, id, call.Ending), StoredErrors.StoreAway)
            .ConfigureAwait(false);
    }

    private async ValueTask<CallResponse> RecallAsync(ModelCall call, string id, CallHandler next)
    {
        var failed = Interlocked.Read(ref _failedAt);
        if (desk.Background.Store is { } store && call.Snapshot.Section(AnswerOwners.Section) is { } owners)
        {
            var isRead = false;
            try
            {
                if (failed == long.MinValue || time.GetElapsedTime(failed) >= s_pause)
                {
                    // Without the call's cancellation: the read ends by itself, and a client that leaves is noticed by the next step.
                    await ReadAsync(call, owners, store, id, CancellationToken.None).WaitAsync(BackgroundAnswers.Patience, time)
                        .ConfigureAwait(false);
                    isRead = true;
                }
            }
            catch (Exception e)
            {
                // Like an answer of which no owner is recorded: its provider decides.
                Interlocked.Exchange(ref _failedAt, time.GetTimestamp());
                LogNotFound(FailureWords.Of(e));
            }

            // The store may know another owner, who must not be refused later for what this call left in memory.
            if (!isRead)
                AnswerOwners.LeaveUnknown(call);
        }

        return await next(call).ConfigureAwait(false);
    }

    private async Task<AnswerOwner?> ReadAsync(
        ModelCall call, AnswerOwners owners, IBackgroundStore store, string id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } found)
            return null;
        var owner = new AnswerOwner(StateOf(call, found), found.Provider, found.Account, found.Holder) { Model = found.Model };
        owners.Set(id, owner);
        return owner;
    }

    /// <summary>
    /// The state of the account that stores an answer, by which targets are compared. If the provider no longer has this account, it is one
    /// that no target has: a call that continues the answer is then refused, instead of failing at another account.
    /// </summary>
    private AccountState StateOf(ModelCall call, BackgroundRecord answer)
    {
        // Of its model whatever that costs: the call may be for another model of the same account.
        var targets = call.Snapshot.Routes.DeploymentsAt(answer.Provider, answer.Model);
        // A provider with one key has one account, also after its key was rotated.
        if (targets is [var only])
            return only.State.Account;
        var number = registry.TryGet(answer.Provider, out var provider) && provider is IHttpProvider http
            ? http.Endpoint.Credentials.TakeWhile(credential => credential.Account != answer.Account).Count() + 1
            : 0;
        return targets.FirstOrDefault(target => target.Credential == number)?.State.Account ?? new AccountState();
    }

    [LoggerMessage(1, LogLevel.Warning,
        "The owner of an answer that a call continues could not be read ({Reason}): for 10 s such calls go on without it")]
    private partial void LogNotFound(string reason);
}

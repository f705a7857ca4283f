using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Money;

namespace Switchyard.Stored;

/// <summary>
/// Records the usage of batches in the ledger, once for each batch, for the key that began it, and counts it for budgets. Marks among the
/// owners record which key began a batch, and which batch a file is the output of. A batch without a mark was begun without a ledger, and
/// is not charged. Without a ledger nothing is recorded. It also refuses a new batch while one of its budgets is used up. Thread-safe.
/// </summary>
/// <param name="owners">Stores the marks.</param>
/// <param name="desk">The ledger and the accounts.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what could not be recorded.</param>
internal sealed partial class BatchCharges(IStoredOwners owners, MoneyDesk desk, TimeProvider time, ILogger logger)
{
    // Kinds that no request uses, and ids that no provider issues: a request for such an id gets a 404.
    private const string BegunKind = "batch_begun";
    private const string BegunSuffix = "#begun";
    private const string OutputKind = "batch_output";

    private const int MostRemembered = 10_000;

    // Batches that are done in this process; the ledger records them for all processes.
    private readonly ConcurrentDictionary<string, bool> _done = new(StringComparer.Ordinal);

    /// <summary>Whether there is a ledger.</summary>
    public bool IsOn => desk.Ledger is not null;

    /// <summary>The mark of a batch begun by a call: its holder is the call's key, or empty.</summary>
    public static StoredOwner BegunBy(ModelCall call, StoredExchange exchange, string batch) =>
        exchange.OwnerOf(BegunKind, BegunId(batch), MoneyFacts.Of(call, null).Key ?? "");

    /// <summary>The mark of a file that holds the output of a batch: its holder is the batch.</summary>
    public static StoredOwner OutputOf(StoredExchange exchange, string batch, string file) =>
        exchange.OwnerOf(OutputKind, OutputId(file), batch);

    /// <summary>The id of a file's mark.</summary>
    public static string OutputId(string file) => $"{file}#output";

    /// <summary>The batch whose output a file holds, if its usage is still to be recorded; null for any other file.</summary>
    public async ValueTask<string?> FindBatchAsync(string file, CancellationToken cancellationToken)
    {
        if (!IsOn)
            return null;
        try
        {
            var mark = await owners.FindAsync(OutputId(file), cancellationToken).ConfigureAwait(false);
            return mark is { Kind: OutputKind } && !_done.ContainsKey(mark.Holder) ? mark.Holder : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The client gets its file anyway.
            LogNotFound(file, FailureWords.Of(e));
            return null;
        }
    }

    /// <summary>Whether the usage of a batch whose results are read may still have to be recorded.</summary>
    public bool MayOwe(string batch) => IsOn && !_done.ContainsKey(batch);

    /// <summary>
    /// The error if a strict budget that a new batch counts for is used up; null if none is. The batch reserves nothing: its cost is not
    /// known.
    /// </summary>
    /// <param name="call">The call that begins it.</param>
    /// <param name="provider">The provider that it goes to.</param>
    public async ValueTask<CallError?> RefuseAsync(ModelCall call, string provider)
    {
        if (call.Snapshot.Section(MoneyPlan.Section) is not { HasBudgets: true } plan)
            return null;
        var accounts = plan.AccountsAt(call, MoneyFacts.Of(call, null), provider, desk.Book, time.GetUtcNow());
        // The least amount, released at once: this also asks for more of a shared budget before it counts as used up.
        var least = new Reservation(accounts);
        if (await desk.HoldAsync(least, 1, call.Ending).ConfigureAwait(false) is { } full)
            return BudgetRefusal.Of(full, need: null, plan.RefusalStatus);
        least.Settle(call, time.GetUtcNow());
        return null;
    }

    /// <summary>
    /// Starts to record the usage of batches not yet recorded. The call that has read them ends after it; its client does not wait.
    /// </summary>
    /// <param name="call">The call, made for their owner.</param>
    /// <param name="batches">The batches.</param>
    public void Charge(ModelCall call, IReadOnlyList<BatchUse> batches)
    {
        var charging = ChargeAsync(call, batches);
        if (!charging.IsCompleted)
            call.ShareWork(charging, CancellationToken.None);
    }

    /// <summary>Records the usage of a batch whose output has been read completely, unless it is recorded already. Never throws.</summary>
    public Task ChargeAsync(ModelCall call, string batch, BatchOutput output)
    {
        output.End();
        if (output.PassedOver > 0)
            LogPassedOver(output.PassedOver, batch);
        return ChargeAsync(call, [new BatchUse(batch, output.All)]);
    }

    /// <summary>Never throws: a failure is retried when the batch is next read.</summary>
    private async Task ChargeAsync(ModelCall call, IReadOnlyList<BatchUse> batches)
    {
        foreach (var use in batches)
        {
            if (_done.Count >= MostRemembered)
                _done.Clear();
            if (desk.Ledger is not { } ledger || use.Models.Count == 0 || !_done.TryAdd(use.Batch, true))
                continue;
            try
            {
                var begun = await owners.FindAsync(BegunId(use.Batch), CancellationToken.None).ConfigureAwait(false);
                if (begun is { Kind: BegunKind })
                    await ChargeAsync(call, ledger, use, begun).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                _done.TryRemove(use.Batch, out _);
                LogNotWritten(use.Batch, FailureWords.Of(e));
            }
        }
    }

    private async Task ChargeAsync(ModelCall call, ILedger ledger, BatchUse use, StoredOwner begun)
    {
        var now = time.GetUtcNow();
        List<LedgerEntry> entries = [];
        var spent = new Dictionary<BudgetAccount, long>();
        foreach (var (model, sum) in use.Models.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var (entry, accounts) = EntryOf(call, begun, model, sum, now);
            entries.Add(entry with { Attempt = entries.Count });
            foreach (var account in accounts)
                spent[account] = spent.GetValueOrDefault(account) + entry.Cost.Total;
        }

        await desk.ChargeAsync(
            spent,
            () => ledger.TrySettleOnceAsync($"batch|{begun.Provider}|{use.Batch}", entries, CancellationToken.None),
            now).ConfigureAwait(false);
    }

    /// <summary>The entry for one model of a batch, and the accounts that it counts for.</summary>
    private (LedgerEntry Entry, IReadOnlyList<BudgetAccount> Accounts) EntryOf(
        ModelCall call, StoredOwner begun, string model, in BatchSum sum, DateTimeOffset now)
    {
        var facts = new MoneyFacts(begun.Holder.Length == 0 ? null : begun.Holder, null, null, null);
        var target = model.Length == 0 ? null : call.Snapshot.Routes.FindTarget($"{begun.Provider}/{model}")?.Groups[0].Deployments[0];
        var price = target?.Price is { } known ? BatchPrice.Of(known, sum.Requests, sum.Grounded) : null;
        var (cost, why) = (default(TokenCost), Unpriced.NoPrice);
        if (price is not null)
            cost = price.CostOf(sum.Usage, out why);
        List<BudgetAccount> accounts = [];
        if (call.Snapshot.Section(MoneyPlan.Section) is { HasBudgets: true } plan)
        {
            accounts.AddRange(plan.AccountsOf(call, facts, desk.Book, now));
            if (target is not null)
                accounts.AddRange(plan.AccountsOf(call, facts, target, desk.Book, now));
        }

        var entry = new LedgerEntry
        {
            Call = IdOf(begun),
            RequestId = begun.Id[..^BegunSuffix.Length],
            // Like its budgets, which are those at the time of recording.
            StartedAt = now,
            Outcome = LedgerOutcome.Finished,
            Key = facts.Key,
            Tenant = call.Tenant,
            Alias = model.Length == 0 ? call.Envelope.Model : model,
            Provider = begun.Provider,
            Model = model,
            Operation = BatchPrice.Name,
            Usage = sum.Usage,
            Cost = cost,
            Unpriced = why,
            PriceVersion = price?.Version,
            Budgets = [.. accounts.Select(account => account.Id)],
        };
        return (entry, accounts);
    }

    /// <summary>
    /// A batch's id in the ledger, in the form of a call's: the same in every process, so that a batch written twice counts once.
    /// </summary>
    private static Guid IdOf(StoredOwner begun)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, begun.At.ToUnixTimeMilliseconds() << 16);
        SHA256.HashData(Encoding.UTF8.GetBytes($"{begun.Provider}\n{begun.Id}")).AsSpan(0, 10).CopyTo(id[6..]);
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new Guid(id, bigEndian: true);
    }

    private static string BegunId(string batch) => batch + BegunSuffix;

    [LoggerMessage(1, LogLevel.Warning,
        "The usage of batch {Batch} could not be written to the ledger ({Reason}): the next try is when the batch is read again")]
    private partial void LogNotWritten(string batch, string reason);

    [LoggerMessage(2, LogLevel.Warning,
        "{Lines} lines of the output of batch {Batch} are too long or cannot be read: their usage is not in the ledger")]
    private partial void LogPassedOver(int lines, string batch);

    [LoggerMessage(3, LogLevel.Warning, "Whether file {File} is the output of a batch could not be read ({Reason}): it is not counted")]
    private partial void LogNotFound(string file, string reason);
}

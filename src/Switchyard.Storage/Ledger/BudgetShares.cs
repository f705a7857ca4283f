using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// What this process holds of budgets that several share. PostgreSQL gives each a part of what is left: an eighth, or what a call needs.
/// What is spent and what all hold together is never more than the budget, because both change in one transaction with the budget's line
/// locked. What is not needed goes back after a second. A process that is killed goes on holding its part, as it may have spent it: until
/// it begins again with its file, or an operator or time decides. Thread-safe.
/// </summary>
internal sealed partial class BudgetShares : IBudgetShares, IAsyncDisposable
{
    // Of what is left, a process asks for an eighth: large far from the limit, small near it.
    private const int Part = 8;

    // A second.
    private const int TicksOfAWatch = 4;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source;
    private readonly Guid _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, BudgetShare> _shares = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BudgetWatch _watch;
    private readonly Task _running;
    private Task _watching = Task.CompletedTask;
    private long _awayUntil;
    private int _ticks;

    /// <summary>Begins to look after the shares.</summary>
    public BudgetShares(NpgsqlDataSource source, Guid node, TimeProvider time, ILogger logger)
    {
        (_source, _node, _time, _logger) = (source, node, time, logger);
        _watch = new BudgetWatch(source, time);
        _running = Task.Run(RunAsync);
    }

    public void Follow(BudgetAccount account) => _shares[account.Id] = new BudgetShare(account);

    public async ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken)
    {
        if (!_shares.TryGetValue(account.Id, out var share))
            return;
        if (_time.GetTimestamp() < Volatile.Read(ref _awayUntil))
        {
            account.IsCutOff = true;
            return;
        }

        // One question at a time for each account; whoever comes meanwhile looks again when it has been answered.
        var answer = share.Ask(need, () => AnswerAsync(share));
        await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sets what the database knows of this process's part to what its last life has left undecided: everything else of that was written
    /// down, and is there now. Once.
    /// </summary>
    public async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_begun.Task.IsCompleted)
            return;
        var command = new NpgsqlCommand(
            "update budget_leases l set amount = coalesce((select sum(e.worst_case) from entries e where e.outcome = 0 and e.node = $1 "
                + "and l.account = any(string_to_array(e.budgets, chr(10)))), 0) where l.node = $1",
            connection) { Parameters = { new() { Value = _node } } };
        await using (command.ConfigureAwait(false))
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        _begun.TrySetResult();
    }

    /// <summary>Waits until the shares can be asked for, at most as long as told.</summary>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _begun.Task.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The database is away: what needs no share of a budget is served all the same.
        }
    }

    /// <summary>Gives everything back that is not spent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            foreach (var share in _shares.Values)
                await GiveBackAsync(share, share.Account.InHand, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            // The next life of this process does it.
        }

        _stop.Dispose();
    }

    private async Task AnswerAsync(BudgetShare share)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(s_patience);
            await _begun.Task.WaitAsync(patience.Token).ConfigureAwait(false);
            await AskForAsync(share, patience.Token).ConfigureAwait(false);
            share.Account.IsCutOff = false;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            // For a second nobody asks: a database that does not answer must not hold every call up.
            Volatile.Write(ref _awayUntil, _time.GetTimestamp() + _time.TimestampFrequency);
            share.Account.IsCutOff = true;
        }
    }

    private async Task AskForAsync(BudgetShare share, CancellationToken cancellationToken)
    {
        var (account, need) = (share.Account, share.TakeNeed());
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var grant = await GrantAsync(connection, transaction, account, need, cancellationToken).ConfigureAwait(false);
                // Not to be cancelled: whether it was granted must be known.
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                share.Granted(grant);
            }
        }
    }

    private async Task<BudgetGrant> GrantAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        BudgetAccount account,
        long need,
        CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(Command(
                "insert into budget_accounts (account, updated, spent) values ($1, $2, 0) on conflict (account) do nothing",
                account.Id, _time.GetUtcNow().ToUnixTimeMilliseconds()));
            batch.BatchCommands.Add(Command("select account from budget_accounts where account = $1 for update", account.Id));
            // A statement of its own, so that it sees what others have committed while this one waited for the line.
            var since = RollingAccount.LengthOf(account.Id) is { } length ? _time.GetUtcNow() - length : (DateTimeOffset?)null;
            var spentBy = since is null
                ? "select spent as amount from budget_accounts where account = $1"
                : "select coalesce(sum(cost), 0)::bigint as amount from entries "
                    + "where started >= $7 and $1 = any(string_to_array(budgets, chr(10)))";
            object[] values = [account.Id, _node, account.Limit, need, (long)Part, s_lease];
            batch.BatchCommands.Add(Command(
                $"with spent as ({spentBy}), left_over as (select greatest(0, $3 - (select amount from spent) "
                    + "- (select coalesce(sum(amount), 0) from budget_leases where account = $1))::bigint as amount), "
                    + "given as (select least(amount, greatest($4, amount / $5)) as amount from left_over), "
                    + "held as (insert into budget_leases (account, node, amount, expires) "
                    + "select $1, $2, amount, now() + $6 from given on conflict (account, node) "
                    + "do update set amount = budget_leases.amount + excluded.amount, expires = excluded.expires) "
                    + "select amount, (select amount from left_over), (select amount from spent) from given",
                since is { } time ? [.. values, time.ToUnixTimeMilliseconds()] : values));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var amount = reader.GetInt64(0);
                return new BudgetGrant(amount, reader.GetInt64(2), reader.GetInt64(1) - amount);
            }
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_tick, _time);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false);
                if (_begun.Task.IsCompleted)
                    await LookAfterAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
            {
                // The copier says that PostgreSQL is away.
                LogLate(e.GetType().Name);
            }
        }
    }

    private async Task LookAfterAsync(CancellationToken cancellationToken)
    {
        if (_shares.IsEmpty)
            return;
        // First, because it also shows whether the database answers: while it does not, what is held is kept. A line that somebody else
        // writes is left for the next time: who waited for it, holding others, and the copier could lock each other out.
        await ExecuteAsync(
            "update budget_leases set expires = now() + $2 where node = $1 and account in "
                + "(select account from budget_leases where node = $1 for update skip locked)",
            cancellationToken, _node, s_lease).ConfigureAwait(false);
        if (_ticks++ % TicksOfAWatch == 0 && _watching.IsCompleted)
            _watching = WatchAsync(cancellationToken);
        var now = _time.GetUtcNow();
        foreach (var (id, share) in _shares)
        {
            // Of a budget that needs no part any more, since the configuration has changed, all goes back at once.
            var (surplus, lack) = share.Account.NeedsShare || share.Account.InHand > 0 ? share.Look() : default;
            if (surplus > 0)
                await GiveBackAsync(share, surplus, cancellationToken).ConfigureAwait(false);
            // So that calls far from the limit find enough there, and do not have to ask.
            if (lack > 0)
                await share.Ask(lack, () => AnswerAsync(share)).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (now >= share.Account.End && share.Account is { Reserved: 0, InHand: 0 })
                _shares.TryRemove(id, out _);
        }
    }

    /// <summary>Looks at the budgets that only warn, beside what is done for strict ones: it may take longer. Does not throw.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _watch.LookAsync([.. _shares.Values.Where(share => share.IsWatched)], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A second later it is tried again.
            LogLate(e.GetType().Name);
        }
    }

    private async Task GiveBackAsync(BudgetShare share, long amount, CancellationToken cancellationToken)
    {
        if (amount <= 0 || !share.Account.TrySetAside(amount))
            return;
        var isGivenBack = false;
        try
        {
            await ExecuteAsync(
                "update budget_leases set amount = greatest(0, amount - $3) where account = $1 and node = $2",
                cancellationToken, share.Account.Id, _node, amount).ConfigureAwait(false);
            isGivenBack = true;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            // Whether it arrived is not known. Kept here and given back there it could be spent twice: so it counts as given back.
            isGivenBack = true;
            throw;
        }
        finally
        {
            share.Account.EndSetAside(amount, isGivenBack);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                foreach (var value in values)
                    command.Parameters.Add(new NpgsqlParameter { Value = value });
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    [LoggerMessage(11, LogLevel.Debug, "The shares of budgets could not be looked after ({Reason})")]
    private partial void LogLate(string reason);
}

using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The parts of shared budgets that this process holds. PostgreSQL grants each process an eighth of what is left, or what a call needs.
/// The sum of what is spent and what all hold never exceeds the budget, because both change in one transaction that locks the budget's
/// row. What is not needed goes back: the surplus each quarter of a second, everything after 5 s without spending. A process that is
/// killed keeps its part, which it may have spent, until it starts again with its file, or an operator or time decides. Thread-safe.
/// </summary>
internal sealed partial class BudgetShares : IBudgetShares, IAsyncDisposable
{
    // A process asks for an eighth of what is left: much far from the limit, little near it.
    private const int Part = 8;

    // One second, in ticks of 250 ms.
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

    /// <summary>Starts the loop that renews, returns and requests parts.</summary>
    public BudgetShares(NpgsqlDataSource source, Guid node, TimeProvider time, ILogger logger)
    {
        (_source, _node, _time, _logger) = (source, node, time, logger);
        _watch = new BudgetWatch(source, time);
        _running = Task.Run(RunAsync);
    }

    public void Follow(BudgetAccount account) => ShareOf(account);

    public void Leave(BudgetAccount account)
    {
        if (_shares.TryGetValue(account.Id, out var share) && share.Account == account)
            _shares.TryRemove(new(account.Id, share));
    }

    public async ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken)
    {
        // A call may still refer to an account that was left meanwhile.
        var share = ShareOf(account);
        if (_time.GetTimestamp() < Volatile.Read(ref _awayUntil))
        {
            account.SetAnswered(false);
            return;
        }

        // One request at a time for each account; a call that joins it checks again when it has been answered.
        var answer = share.Ask(need, () => AnswerAsync(share));
        await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sets this process's part in the database to the worst case of the calls of its previous run whose end is not known: all other
    /// entries of that run are in the database by now. Runs once.
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

    /// <summary>Waits until parts can be requested, for at most the given time.</summary>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _begun.Task.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The database is away: calls that need no part of a budget are served all the same.
        }
    }

    /// <summary>Returns everything that is not spent.</summary>
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
        catch (Exception e) when (IsAway(e))
        {
            // The next run of this process does it.
        }

        _stop.Dispose();
    }

    private BudgetShare ShareOf(BudgetAccount account) => _shares.AddOrUpdate(
        account.Id,
        static (_, opened) => new BudgetShare(opened),
        static (_, known, opened) => known.Account == opened ? known : new BudgetShare(opened),
        account);

    private async Task AnswerAsync(BudgetShare share)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(s_patience);
            await _begun.Task.WaitAsync(patience.Token).ConfigureAwait(false);
            await AskForAsync(share, patience.Token).ConfigureAwait(false);
            share.Account.SetAnswered(true);
        }
        catch (Exception e) when (IsAway(e))
        {
            LeaveStandby(e);
            // No requests for a second: a database that does not answer must not delay every call.
            Volatile.Write(ref _awayUntil, _time.GetTimestamp() + _time.TimestampFrequency);
            share.Account.SetAnswered(false);
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
                // Not cancelled: it must be known whether the amount was granted.
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
            // A separate statement, so that it sees what others committed while this one waited for the row.
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
            catch (Exception e) when (IsAway(e))
            {
                LeaveStandby(e);
                // The copier logs that PostgreSQL is away.
                LogLate(e.GetType().Name);
            }
        }
    }

    private async Task LookAfterAsync(CancellationToken cancellationToken)
    {
        if (_shares.IsEmpty)
            return;
        // First, because it also shows whether the database answers: while it does not, what is held is kept. A row that another process
        // has locked is left for the next time: to wait for it while holding others could be a deadlock with the copier.
        await ExecuteAsync(
            "update budget_leases set expires = now() + $2 where node = $1 and account in "
                + "(select account from budget_leases where node = $1 and amount > 0 for update skip locked)",
            cancellationToken, _node, s_lease).ConfigureAwait(false);
        if (_ticks++ % TicksOfAWatch == 0 && _watching.IsCompleted)
            _watching = WatchAsync(cancellationToken);
        var now = _time.GetUtcNow();
        foreach (var (id, share) in _shares)
        {
            // If a budget needs no part any more, because the configuration has changed, all of it goes back at once.
            var (surplus, lack) = share.Account.NeedsShare || share.Account.InHand > 0 ? share.Look() : default;
            if (surplus > 0)
                await GiveBackAsync(share, surplus, cancellationToken).ConfigureAwait(false);
            // So that calls far from the limit find enough, and need not ask.
            if (lack > 0)
                await share.Ask(lack, () => AnswerAsync(share)).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (now >= share.Account.End && share.Account is { Reserved: 0, InHand: 0 })
                _shares.TryRemove(id, out _);
        }
    }

    /// <summary>Reads the budgets that only warn, beside the work for strict ones, because it may take longer. Does not throw.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _watch.LookAsync([.. _shares.Values.Where(share => share.IsWatched)], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // It is tried again a second later.
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
            // Whether it arrived is not known. If it arrived and is also kept here, it could be spent twice: so it counts as returned.
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

    /// <summary>Whether the database is away or refuses. If its host is not found, Npgsql throws a bare SocketException.</summary>
    private static bool IsAway(Exception failure) =>
        failure is NpgsqlException or SocketException or OperationCanceledException or TimeoutException;

    /// <summary>
    /// Gives up the connections to a server that is a standby since a failover. The copier does it only if it has something to write, and
    /// calls that are refused for want of a part leave it nothing.
    /// </summary>
    private void LeaveStandby(Exception failure)
    {
        if (failure is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction })
            _source.Clear();
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    [LoggerMessage(11, LogLevel.Debug, "Budget shares could not be renewed ({Reason})")]
    private partial void LogLate(string reason);
}

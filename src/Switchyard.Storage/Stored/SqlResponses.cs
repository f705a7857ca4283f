using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;
using Switchyard.Stored;

namespace Switchyard.Storage.Stored;

/// <summary>
/// The answers of <c>responses.store</c> in the database of <c>storage.ledger</c>, SQLite and PostgreSQL by the same SQL. Thread-safe.
/// </summary>
/// <param name="address">The database.</param>
/// <param name="news">Reports what the migration waits for; null for no reports.</param>
internal sealed class SqlResponses(LedgerAddress address, MigrationNews? news = null) : IResponseStore, IDisposable
{
    /// <summary>How often expired answers are deleted.</summary>
    private static readonly TimeSpan s_sweep = TimeSpan.FromHours(1);

    private readonly MigratedDatabase _database = new(address, news);
    private long _swept;

    public async Task<IReadOnlyList<KeptResponse>> ChainAsync(
        string id, DateTimeOffset since, int most, CancellationToken cancellationToken)
    {
        if (!DatabaseText.CanHold(id))
            return [];
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = MigratedDatabase.Command(
            connection,
            null,
            """
            with recursive chain (id, turn) as (
              select id, 0 from kept_responses where id = @id and time >= @since
              union all
              select earlier.id, chain.turn + 1 from chain
                join kept_responses later on later.id = chain.id
                join kept_responses earlier on earlier.id = later.previous and earlier.holder = later.holder
                where earlier.time >= @since and chain.turn + 1 < @most)
            select kept.id, kept.holder, kept.previous, kept.input, kept.answer, kept.time
            from chain join kept_responses kept on kept.id = chain.id order by chain.turn
            """,
            ("@id", id), ("@since", since.ToUnixTimeMilliseconds()), ("@most", most));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        List<KeptResponse> chain = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            chain.Add(new()
            {
                Id = reader.GetString(0),
                Holder = reader.GetString(1),
                Previous = reader.IsDBNull(2) ? null : reader.GetString(2),
                Input = reader.GetFieldValue<byte[]>(3),
                Answer = reader.GetFieldValue<byte[]>(4),
                At = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(5)),
            });
        }

        return chain;
    }

    public async Task AddAsync(KeptResponse response, DateTimeOffset since, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        await _database.RunAsync(
            """
            insert into kept_responses (id, holder, previous, input, answer, time)
            values (@id, @holder, @previous, @input, @answer, @time) on conflict (id) do nothing
            """,
            cancellationToken,
            ("@id", response.Id), ("@holder", response.Holder), ("@previous", response.Previous),
            ("@input", response.Input.ToArray()), ("@answer", response.Answer.ToArray()),
            ("@time", response.At.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        var (now, swept) = (response.At.UtcTicks, Interlocked.Read(ref _swept));
        if (now - swept >= s_sweep.Ticks && Interlocked.CompareExchange(ref _swept, now, swept) == swept)
        {
            await _database.RunAsync(
                "delete from kept_responses where time < @since", cancellationToken, ("@since", since.ToUnixTimeMilliseconds()))
                .ConfigureAwait(false);
        }
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _database.RunAsync("delete from kept_responses where id = @id", cancellationToken, ("@id", id));

    public void Dispose() => _database.Dispose();
}

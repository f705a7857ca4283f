using System.Data.Common;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Journal;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Stored;

/// <summary>
/// The answers that providers make in the background, in the database of <c>storage.ledger</c>, SQLite and PostgreSQL by the same
/// statements. Thread-safe.
/// </summary>
/// <param name="address">The database.</param>
/// <param name="news">Reports what the migration waits for; null for no reports.</param>
internal sealed class SqlBackgroundAnswers(LedgerAddress address, MigrationNews? news = null) : IBackgroundStore, IDisposable
{
    private const string Columns = "id, provider, account, model, holder, time, owed, service_tier";

    // Between the budget's name and the owner of its account.
    private const char Scope = '\n';

    private readonly MigratedDatabase _database = new(address, news);

    public async Task AddAsync(BackgroundRecord answer, DateTimeOffset due, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(answer);
        // SQLite's client blocks its thread while another writer has the file: a call that waits for one second only could not go on.
        if (_database.Postgres is null)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await WriteAsync(answer, due, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (DatabaseRefusals.IsOfContent(e))
        {
            throw new ArgumentException($"The database refuses the answer: {DatabaseRefusals.CodeOf(e)}.", nameof(answer), e);
        }
    }

    public async Task<BackgroundRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!DatabaseText.CanHold(id))
            return null;
        var found = await ReadAsync($"select {Columns} from background_answers where id = @id", cancellationToken, ("@id", id))
            .ConfigureAwait(false);
        return found is [var answer] ? answer : null;
    }

    public Task CloseAsync(string id, CancellationToken cancellationToken) =>
        _database.RunAsync("update background_answers set owed = null, due = null where id = @id", cancellationToken, ("@id", id));

    public async Task<IReadOnlyList<BackgroundRecord>> TakeDueAsync(
        DateTimeOffset now, TimeSpan again, TimeSpan longest, int most, IReadOnlyCollection<string> except,
        CancellationToken cancellationToken)
    {
        var others = except.Select((provider, i) => ($"@except{i}", (object?)provider)).ToArray();
        var isOther = others.Length == 0 ? "" : $" and provider not in ({string.Join(", ", others.Select(other => other.Item1))})";
        var isDue = $"owed is not null and due <= @now{isOther}";
        // Nearly always none is due, and the update would wait for SQLite's other writers, and keep them waiting, all the same.
        if (await ReadAsync(
            $"select {Columns} from background_answers where {isDue} limit 1", cancellationToken,
            [("@now", now.ToUnixTimeMilliseconds()), .. others]).ConfigureAwait(false) is [])
            return [];
        // SQLite has one writer at a time.
        var locked = _database.Postgres is null ? "" : "for update skip locked";
        var take = $"""
            update background_answers set asked = asked + 1,
              due = @now + case when asked >= 20 or (@again << asked) > @longest then @longest else @again << asked end
            where id in
              (select id from background_answers where {isDue} order by due limit @most {locked})
            returning {Columns}
            """;
        return await ChangeAsync(
            take,
            cancellationToken,
            [
                ("@now", now.ToUnixTimeMilliseconds()), ("@again", (long)again.TotalMilliseconds),
                ("@longest", (long)longest.TotalMilliseconds), ("@most", most), .. others,
            ]).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<BackgroundRecord>> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        // The claims of BackgroundRecord.Claim: without their answers they are not needed.
        await _database.RunAsync(
            "delete from claims where name in "
                + "(select 'background|' || provider || '|' || id from background_answers where time < @before)",
            cancellationToken, ("@before", before.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        var deleted = await ChangeAsync(
            $"delete from background_answers where time < @before returning {Columns}", cancellationToken,
            ("@before", before.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        return [.. deleted.Where(answer => answer.Owed is not null)];
    }

    public void Dispose() => _database.Dispose();

    private Task WriteAsync(BackgroundRecord answer, DateTimeOffset due, CancellationToken cancellationToken) =>
        _database.RunAsync(
            """
            insert into background_answers (id, provider, account, model, holder, time, owed, service_tier, due)
            values (@id, @provider, @account, @model, @holder, @time, @owed, @tier, @due)
            on conflict (id) do update set owed = excluded.owed, service_tier = excluded.service_tier, due = excluded.due
            where background_answers.owed is null and background_answers.provider = excluded.provider
              and background_answers.holder = excluded.holder
            """,
            cancellationToken,
            ("@id", answer.Id), ("@provider", answer.Provider), ("@account", answer.Account), ("@model", answer.Model),
            ("@holder", answer.Holder), ("@time", answer.At.ToUnixTimeMilliseconds()), ("@owed", Write(answer)),
            ("@tier", answer.ServiceTier), ("@due", due.ToUnixTimeMilliseconds()));

    /// <summary>What is owed: the entry, with the budgets in the place of their accounts, which change with their periods.</summary>
    private static byte[]? Write(BackgroundRecord answer)
    {
        if (answer.Owed is not { } owed)
            return null;
        var entry = owed with { Budgets = [.. answer.Accounts.Select(TextOf)] };
        var bytes = new byte[EntryCodec.MaxSizeOf(entry)];
        return bytes[..EntryCodec.Write(entry, bytes)];
    }

    private static string TextOf((string Budget, string? Scope) account) =>
        account.Scope is null ? account.Budget : $"{account.Budget}{Scope}{account.Scope}";

    private static (string Budget, string? Scope) AccountOf(string text) =>
        text.IndexOf(Scope, StringComparison.Ordinal) is >= 0 and var end ? (text[..end], text[(end + 1)..]) : (text, null);

    private async Task<IReadOnlyList<BackgroundRecord>> ReadAsync(
        string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] values)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        return await ReadAsync(MigratedDatabase.Command(connection, null, sql, values), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a statement that returns the rows it changes.</summary>
    private async Task<IReadOnlyList<BackgroundRecord>> ChangeAsync(
        string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] values)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        // Without a transaction SQLite commits while the last row is read, and then fails if another connection is reading. A commit waits.
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = transaction.ConfigureAwait(false);
        var changed = await ReadAsync(MigratedDatabase.Command(connection, transaction, sql, values), cancellationToken)
            .ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return changed;
    }

    private static async Task<IReadOnlyList<BackgroundRecord>> ReadAsync(DbCommand command, CancellationToken cancellationToken)
    {
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        List<BackgroundRecord> found = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            found.Add(Read(reader));
        return found;
    }

    private static BackgroundRecord Read(DbDataReader reader)
    {
        var owed = reader.IsDBNull(6) ? null : EntryCodec.Read(reader.GetFieldValue<byte[]>(6));
        return new()
        {
            Id = reader.GetString(0),
            Provider = reader.GetString(1),
            Account = reader.GetString(2),
            Model = reader.GetString(3),
            Holder = reader.GetString(4),
            At = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(5)),
            Owed = owed is null ? null : owed with { Budgets = [] },
            ServiceTier = reader.IsDBNull(7) ? null : reader.GetString(7),
            Accounts = [.. owed?.Budgets.Select(AccountOf) ?? []],
        };
    }
}

using Switchyard.Identity;

namespace Switchyard.TestKit;

/// <summary>An in-memory store of keys, which several gateways may share and which can be unavailable.</summary>
public sealed class FakeKeyStore : IKeyStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, string Name), KeyStoreRow> _rows = [];
    private readonly Dictionary<string, DateTimeOffset> _uses = [];
    private long _revision;

    /// <summary>Whether it fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether it never answers and ignores cancellation.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>Every document it holds.</summary>
    public IReadOnlyList<string> Documents
    {
        get
        {
            lock (_gate)
                return [.. _rows.Values.Select(row => row.Document).OfType<string>()];
        }
    }

    /// <summary>When keys were last used.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Uses
    {
        get
        {
            lock (_gate)
                return _uses.ToDictionary();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeyStoreRow>> ReadAsync(long since, CancellationToken cancellationToken) =>
        AnswerAsync<IReadOnlyList<KeyStoreRow>>(() => since > _revision && _rows.Count == 0
            ? [new() { Kind = "", Name = "", Revision = 0 }]
            : [.. _rows.Values.Where(row => row.Revision > since || since > _revision).OrderBy(row => row.Revision)]);

    /// <summary>Takes a backup.</summary>
    /// <returns>Restores it.</returns>
    public Action TakeBackup()
    {
        lock (_gate)
        {
            var (rows, revision) = (_rows.ToArray(), _revision);
            return () =>
            {
                lock (_gate)
                {
                    _rows.Clear();
                    foreach (var (id, row) in rows)
                        _rows[id] = row;
                    _revision = revision;
                }
            };
        }
    }

    /// <inheritdoc/>
    public Task<bool> WriteAsync(KeyStoreRow row, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        ArgumentNullException.ThrowIfNull(row);
        var id = (row.Kind, row.Name);
        if (_rows.TryGetValue(id, out var there) && there.Revision != row.Revision && (row.Revision != 0 || there.Document is not null))
            return false;
        _rows[id] = row with { Revision = ++_revision };
        return true;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadUsesAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        AnswerAsync<IReadOnlyDictionary<string, DateTimeOffset>>(() => _uses.Where(use => use.Value > since).ToDictionary());

    /// <inheritdoc/>
    public Task WriteUsesAsync(IReadOnlyDictionary<string, DateTimeOffset> uses, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        foreach (var (name, used) in uses)
            _uses[name] = used;
        return true;
    });

    private async Task<T> AnswerAsync<T>(Func<T> answer)
    {
        if (IsBlackHole)
            await new TaskCompletionSource().Task;
        if (IsAway)
            throw new IOException("The store is away: host=db.internal password=secret");
        lock (_gate)
            return answer();
    }
}

using System.Collections.Frozen;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;

namespace Switchyard.Identity;

/// <summary>A snapshot of the store's keys and tenants. Immutable.</summary>
internal sealed class KeyBook
{
    /// <summary>Nothing has been read yet.</summary>
    public static readonly KeyBook Unread = new(
        0, FrozenDictionary<string, StoredKey>.Empty, FrozenDictionary<string, StoredTenant>.Empty) { IsRead = false };

    private readonly IReadOnlyDictionary<string, StoredKey> _keys;
    private readonly IReadOnlyDictionary<string, StoredTenant> _tenants;

    private KeyBook(long revision, IReadOnlyDictionary<string, StoredKey> keys, IReadOnlyDictionary<string, StoredTenant> tenants) =>
        (Revision, _keys, _tenants) = (revision, keys, tenants);

    /// <summary>The highest revision read.</summary>
    public long Revision { get; }

    /// <summary>Whether the store has been read once.</summary>
    public bool IsRead { get; private init; } = true;

    /// <summary>The keys.</summary>
    public IEnumerable<StoredKey> Keys => _keys.Values;

    /// <summary>The tenants.</summary>
    public IEnumerable<StoredTenant> Tenants => _tenants.Values;

    /// <summary>The number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>A key; null if there is none.</summary>
    public StoredKey? Key(string name) => _keys.GetValueOrDefault(IdOf(name));

    /// <summary>A tenant; null if there is none.</summary>
    public StoredTenant? Tenant(string name) => _tenants.GetValueOrDefault(IdOf(name));

    /// <summary>The name by which a store finds a row: upper and lower case are the same.</summary>
    public static string IdOf(string name) => name.Trim().ToLowerInvariant();

    /// <summary>The book with what has changed.</summary>
    /// <param name="rows">The changed rows, ordered by revision; of a store that was set back, all.</param>
    /// <param name="useOf">When a key was last used.</param>
    /// <param name="isBroken">Called for a row that is not a valid document; the row is skipped.</param>
    public KeyBook With(IReadOnlyList<KeyStoreRow> rows, Func<string, KeyUse> useOf, Action<KeyStoreRow> isBroken)
    {
        if (rows.Count == 0 && IsRead)
            return this;
        // Rows that were read before: the store was set back, and what is not among them is no longer in it.
        var isSetBack = rows is [{ Revision: var first }, ..] && first <= Revision;
        var (keys, tenants) = isSetBack
            ? (new Dictionary<string, StoredKey>(), new Dictionary<string, StoredTenant>())
            : (_keys.ToDictionary(), _tenants.ToDictionary());
        var revision = isSetBack ? 0 : Revision;
        foreach (var row in rows)
        {
            revision = Math.Max(revision, row.Revision);
            keys.Remove(row.Kind == StoredKey.Kind ? row.Name : "");
            tenants.Remove(row.Kind == StoredTenant.Kind ? row.Name : "");
            if (row.Document is null)
                continue;
            try
            {
                if (row.Kind == StoredKey.Kind)
                    keys[row.Name] = new(row, useOf(row.Name));
                else if (row.Kind == StoredTenant.Kind)
                    tenants[row.Name] = new(row);
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                isBroken(row);
            }
        }

        return new(revision, keys, tenants);
    }

    /// <summary>The options with the store's keys and tenants. Configured keys and tenants are never replaced.</summary>
    public SwitchyardOptions AddTo(SwitchyardOptions options)
    {
        if (_keys.Count + _tenants.Count == 0)
            return options;
        var all = options.Copy();
        foreach (var tenant in _tenants.Values)
            all.Tenants.TryAdd(tenant.Document.Name, tenant.Options);
        foreach (var key in _keys.Values)
            all.Keys.TryAdd(key.Document.Name, key.Options);
        return all;
    }
}

/// <summary>A key of the store. Immutable except for its last use.</summary>
internal sealed class StoredKey
{
    /// <summary>The kind of its rows.</summary>
    public const string Kind = "key";

    public StoredKey(KeyStoreRow row, KeyUse use)
    {
        (Revision, Use, Document) = (row.Revision, use, StoredDocument.Parse(row.Document!));
        Options = KeySettings.ReadKey(Document.Name, Document.Settings, Hash, out var problems);
        // A setting that this version cannot read may be a restriction, so the key is unusable.
        Problem = problems.Count == 0 ? null : string.Join(" ", problems);
    }

    public long Revision { get; }

    public StoredDocument Document { get; }

    public KeyOptions Options { get; }

    public KeyUse Use { get; }

    /// <summary>The reason why it cannot be used; null if it can.</summary>
    public string? Problem { get; }

    public byte[] Hash => Convert.FromHexString(Document.Hash ?? throw new JsonException("A key has no hash."));

    public byte[]? PreviousHash => Document.PreviousHash is { } hash ? Convert.FromHexString(hash) : null;
}

/// <summary>A tenant of the store. Immutable.</summary>
internal sealed class StoredTenant
{
    /// <summary>The kind of its rows.</summary>
    public const string Kind = "tenant";

    public StoredTenant(KeyStoreRow row)
    {
        (Revision, Document) = (row.Revision, StoredDocument.Parse(row.Document!));
        Options = KeySettings.ReadTenant(Document.Name, Document.Settings, out var problems);
        if (problems.Count > 0)
            Options.Enabled = false;
    }

    public long Revision { get; }

    public StoredDocument Document { get; }

    public TenantOptions Options { get; }
}

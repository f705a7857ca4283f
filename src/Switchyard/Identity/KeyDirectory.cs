using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Schema;
using Switchyard.Configuration.Validation;

namespace Switchyard.Identity;

/// <summary>
/// All keys and tenants of the configuration and of the store, and the operations that create and change those of the store. The admin API
/// and the command line are thin layers over it. Other gateways apply a change within about a second. Thread-safe.
/// </summary>
public sealed partial class KeyDirectory
{
    /// <summary>The prefix of created keys.</summary>
    public const string KeyPrefix = "sy-";

    /// <summary>The maximum number of keys in a store: each gateway keeps all of them in memory.</summary>
    public const int MostKeys = 100_000;

    /// <summary>The longest time for which a rotated key works next to the new one.</summary>
    public static readonly TimeSpan LongestGrace = TimeSpan.FromDays(90);

    private const int PrefixShown = 7;

    private readonly IKeyStore? _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Func<SwitchyardOptions>? _written;

    internal KeyDirectory(IKeyStore? store, TimeProvider time, ILogger<KeyDirectory> logger) =>
        (_store, _time, _logger) = (store, time, logger);

    /// <summary>The JSON Schema of a key's settings.</summary>
    public static JsonObject DescribeKeySettings() => ConfigurationSchema.OfEntry("keys");

    /// <summary>The JSON Schema of a tenant's settings.</summary>
    public static JsonObject DescribeTenantSettings() => ConfigurationSchema.OfEntry("tenants");

    /// <summary>Sets the source of the configuration's own keys and tenants. Called by the engine when it is created.</summary>
    internal void ReadWrittenFrom(Func<SwitchyardOptions> written) => _written = written;

    /// <summary>All keys, sorted by name.</summary>
    public IReadOnlyList<KeyInfo> ListKeys()
    {
        var written = Written().Keys;
        return
        [
            .. written.Select(pair => Describe(pair.Key, pair.Value))
                .Concat(_book.Keys.Where(key => !written.ContainsKey(key.Document.Name)).Select(Describe))
                .OrderBy(key => key.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The first keys by name whose name, id, tenant or status contains a text, ignoring case.</summary>
    /// <param name="match">The text; empty for all keys.</param>
    /// <param name="limit">The maximum number of keys.</param>
    public KeyPage FindKeys(string match, int limit)
    {
        ArgumentNullException.ThrowIfNull(match);
        var written = Written().Keys;
        var found = Matching(written, match).ToList();
        return new()
        {
            Keys = [.. found.OrderBy(key => key.Name, StringComparer.Ordinal).Take(limit).Select(Describe)],
            Found = found.Count,
            All = written.Count + _book.Keys.Count(key => !written.ContainsKey(key.Document.Name)),
        };
    }

    /// <summary>Keys sorted by name; each is described only when enumerated.</summary>
    /// <param name="match">The text to search for, as in <see cref="FindKeys"/>; empty for all keys.</param>
    /// <param name="tenant">Only keys of this tenant, without tenants below it; null for all.</param>
    /// <param name="after">Only keys with a name after this one; null for all.</param>
    public IEnumerable<KeyInfo> ListKeys(string match, string? tenant = null, string? after = null)
    {
        ArgumentNullException.ThrowIfNull(match);
        return Matching(Written().Keys, match)
            .Where(key => tenant is null || string.Equals(
                TenantTable.Normalize(key.Tenant ?? ""), TenantTable.Normalize(tenant), StringComparison.OrdinalIgnoreCase))
            .Where(key => after is null || string.CompareOrdinal(key.Name, after) > 0)
            .OrderBy(key => key.Name, StringComparer.Ordinal)
            .Select(Describe);
    }

    /// <summary>Does not describe the keys: only those on a page are described, as there may be very many.</summary>
    private IEnumerable<FoundKey> Matching(Dictionary<string, KeyOptions> written, string match)
    {
        var text = match.Trim();
        return written.Select(pair => new FoundKey(pair.Key, CallerTable.HashOf(pair.Value), StatusOf(pair.Value), pair.Value, null))
            .Concat(_book.Keys.Where(key => !written.ContainsKey(key.Document.Name))
                .Select(key => new FoundKey(key.Document.Name, key.Hash, StatusOf(key), key.Options, key)))
            .Where(key => text.Length == 0 || Has(key.Name) || Has(key.Tenant) || Has(key.Status) || Has(ClientKey.IdOf(key.Hash)));

        bool Has(string? value) => value is not null && value.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    private KeyInfo Describe(FoundKey key) => key.Stored is { } stored ? Describe(stored) : Describe(key.Name, key.Options);

    /// <summary>A key.</summary>
    /// <exception cref="KeyChangeException">There is no key of that name.</exception>
    public KeyInfo GetKey(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var written = Written().Keys;
        return written.TryGetValue(name, out var options) ? Describe(name, options)
            : _book.Key(name) is { } key ? Describe(key)
            : throw NotFound("key", name);
    }

    /// <summary>Creates a key, and returns its plain text, which is shown only here.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">The settings of <c>keys.NAME</c>, without <c>key</c> and <c>hash</c>.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <exception cref="KeyChangeException">The name is taken, a setting is invalid, or there is no store.</exception>
    public async Task<NewKey> CreateKeyAsync(string name, JsonObject settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        CheckName("key", name, Written().Keys.ContainsKey(name) || _book.Key(name) is not null);
        if (_book.Count >= MostKeys)
            throw Conflict("too_many_keys", $"A store holds at most {MostKeys} keys; delete keys that are no longer used.");
        var (secret, hash) = MakeKey();
        CheckKey(name, settings, hash);
        var document = new StoredDocument
        {
            Name = name,
            Created = Now(),
            Settings = (JsonObject)settings.DeepClone(),
            Hash = Convert.ToHexStringLower(hash),
            Prefix = secret[..PrefixShown],
        };
        await WriteAsync(StoredKey.Kind, document, 0, cancellationToken).ConfigureAwait(false);
        return new(secret, GetKey(name));
    }

    /// <summary>Changes settings of a key: null removes a setting, settings not named are kept.</summary>
    /// <exception cref="KeyChangeException">There is no such key in the store, or a setting is invalid.</exception>
    public async Task<KeyInfo> ChangeKeyAsync(string name, JsonObject changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var key = await FindStoredKeyAsync(name, cancellationToken).ConfigureAwait(false);
        var settings = KeySettings.Merge(key.Document.Settings, changes);
        CheckKey(key.Document.Name, settings, key.Hash);
        await WriteAsync(StoredKey.Kind, key.Document with { Settings = settings }, key.Revision, cancellationToken).ConfigureAwait(false);
        return GetKey(name);
    }

    /// <summary>Replaces a key by a new one; the old key continues to work for a while.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="grace">How long the old key works, for example <c>1h</c>; <c>0s</c> ends it at once. Null is a day.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <exception cref="KeyChangeException">There is no such key in the store, it is revoked, or the grace is too long.</exception>
    public async Task<NewKey> RotateKeyAsync(string name, string? grace, CancellationToken cancellationToken)
    {
        var works = TimeSpan.FromDays(1);
        if (grace is not null && (!DurationText.TryParse(grace, out works) || works > LongestGrace))
            throw Invalid("invalid_grace", $"'grace' must be a duration from 0s to {DurationText.Format(LongestGrace)}, such as 1h.");
        var key = await FindStoredKeyAsync(name, cancellationToken).ConfigureAwait(false);
        if (key.Document.Revoked is not null)
            throw Conflict("key_revoked", $"The key '{name}' is revoked. Delete it, and create another.");
        var (secret, hash) = MakeKey();
        var document = key.Document with
        {
            Hash = Convert.ToHexStringLower(hash),
            Prefix = secret[..PrefixShown],
            PreviousHash = works > TimeSpan.Zero ? key.Document.Hash : null,
            PreviousEnds = works > TimeSpan.Zero ? Now() + works : null,
        };
        await WriteAsync(StoredKey.Kind, document, key.Revision, cancellationToken).ConfigureAwait(false);
        return new(secret, GetKey(name));
    }

    /// <summary>Revokes a key permanently. It stays in the list, so that a client that still presents it gets the reason.</summary>
    /// <exception cref="KeyChangeException">There is no such key in the store.</exception>
    public async Task<KeyInfo> RevokeKeyAsync(string name, CancellationToken cancellationToken)
    {
        var key = await FindStoredKeyAsync(name, cancellationToken).ConfigureAwait(false);
        if (key.Document.Revoked is null)
        {
            await WriteAsync(StoredKey.Kind, key.Document with { Revoked = Now() }, key.Revision, cancellationToken)
                .ConfigureAwait(false);
        }

        return GetKey(name);
    }

    /// <summary>Deletes a key without a trace.</summary>
    /// <exception cref="KeyChangeException">There is no such key in the store.</exception>
    public async Task DeleteKeyAsync(string name, CancellationToken cancellationToken)
    {
        var key = await FindStoredKeyAsync(name, cancellationToken).ConfigureAwait(false);
        var deleted = new KeyStoreRow { Kind = StoredKey.Kind, Name = KeyBook.IdOf(name), Revision = key.Revision };
        await WriteAsync(deleted, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StoredKey> FindStoredKeyAsync(string name, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        CheckStored("key", name, Written().Keys.ContainsKey(name));
        return _book.Key(name) ?? throw NotFound("key", name);
    }

    private void CheckKey(string name, JsonObject settings, byte[] hash)
    {
        var options = KeySettings.ReadKey(name, settings, hash, out var problems);
        if (problems.Count > 0)
            throw Invalid("invalid_settings", string.Join(" ", problems));
        var tenants = TenantNames();
        if (options.Tenant is { } tenant && tenants.Count > 0 && !tenants.Contains(TenantTable.Normalize(tenant)))
        {
            var missing = $"There is no tenant '{ConfigurationKeys.Shorten(tenant)}'{NearestName.Suggestion(tenant, tenants)}";
            throw Invalid("tenant_not_found", $"{ConfigurationKeys.Sentence(missing)} Create it first.");
        }
    }

    private static void CheckName(string kind, string name, bool isTaken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (KeyValidator.FindNameProblem(name) is { } problem)
            throw Invalid("invalid_name", $"The {kind}'s name {problem}.");
        // A client resolves /admin/keys/.. before it sends the path: the key could not be revoked there.
        if (name is "." or "..")
            throw Invalid("invalid_name", $"The {kind}'s name must not be '.' or '..': in a path these are not names.");
        if (isTaken)
            throw Conflict($"{kind}_exists", $"There is a {kind} '{name}' already. Change it, or choose another name.");
    }

    private static void CheckStored(string kind, string name, bool isConfigured)
    {
        if (isConfigured)
            throw Conflict("configured", $"The {kind} '{name}' is defined in the configuration ({kind}s.{name}). Change it there.");
    }

    private KeyInfo Describe(string name, KeyOptions options)
    {
        return new()
        {
            Name = name,
            Id = ClientKey.IdOf(CallerTable.HashOf(options)),
            IsConfigured = true,
            Status = StatusOf(options),
            Settings = KeySettings.Write(options),
            Expires = options.ExpiresAt,
        };
    }

    private KeyInfo Describe(StoredKey key)
    {
        var document = key.Document;
        return new()
        {
            Name = document.Name,
            Id = ClientKey.IdOf(key.Hash),
            IsConfigured = false,
            Status = StatusOf(key),
            Settings = (JsonObject)document.Settings.DeepClone(),
            Prefix = document.Prefix,
            Created = document.Created,
            Expires = key.Options.ExpiresAt,
            Revoked = document.Revoked,
            LastUsed = key.Use.Last,
            PreviousEnds = document.PreviousEnds > Now() ? document.PreviousEnds : null,
            Problem = key.Problem,
        };
    }

    private string StatusOf(KeyOptions options) => !options.Enabled ? "disabled" : options.ExpiresAt <= Now() ? "expired" : "active";

    private string StatusOf(StoredKey key) =>
        key.Document.Revoked is not null ? "revoked" : key.Problem is not null ? "unreadable" : StatusOf(key.Options);

    /// <summary>A key of 256 random bits, and its hash. It cannot be guessed, so no hash slower than SHA-256 is needed.</summary>
    private static (string Key, byte[] Hash) MakeKey()
    {
        var key = KeyPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (key, SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }

    /// <summary>The configuration's own keys and tenants, without those of the store; none before an engine is created.</summary>
    private SwitchyardOptions Written() => _written?.Invoke() ?? new();

    private DateTimeOffset Now() => _time.GetUtcNow();

    private static KeyChangeException Invalid(string code, string message) => new(KeyChangeFailure.Invalid, code, message);

    private static KeyChangeException Conflict(string code, string message) => new(KeyChangeFailure.Conflict, code, message);

    private static KeyChangeException NotFound(string kind, string name) => new(
        KeyChangeFailure.NotFound,
        $"{kind}_not_found",
        $"There is no {kind} '{ConfigurationKeys.Shorten(name)}'. List them to see which there are.");

    /// <summary>A key of the configuration or of the store, not described yet.</summary>
    private readonly record struct FoundKey(string Name, byte[] Hash, string Status, KeyOptions Options, StoredKey? Stored)
    {
        public string? Tenant => Options.Tenant;
    }
}

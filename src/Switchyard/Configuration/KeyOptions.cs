using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A virtual key: the credential of a client, and its permissions.</summary>
public sealed class KeyOptions
{
    /// <summary>The SHA-256 hash of the key, as <c>sha256:</c> and 64 hexadecimal digits (<c>printf %s KEY | sha256sum</c>).</summary>
    [ConfigurationKeyName("hash")]
    public string? Hash { get; set; }

    /// <summary>The key itself, in place of its hash; best from a variable: <c>${CI_KEY}</c>.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>Whether it may be used.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The models it may call: aliases, <c>provider/model</c> and bare names, with <c>*</c> and <c>?</c>; all if empty. A named
    /// alias may be called with all its targets, any other name only with the targets that are named.
    /// </summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>The operations it may use; all if empty. <c>chat</c> includes <c>count_tokens</c> and <c>compaction</c>.</summary>
    [ConfigurationKeyName("operations"), KnownOperations]
    public List<string> Operations { get; set; } = [];

    /// <summary>Its rate limits; null for no limit.</summary>
    [ConfigurationKeyName("limits")]
    public LimitOptions? Limits { get; set; }

    /// <summary>The tenant that its calls count for: <c>acme</c>, or <c>acme/build</c> within it.</summary>
    [ConfigurationKeyName("tenant")]
    public string? Tenant { get; set; }

    /// <summary>Whether its calls may name a tenant by <c>x-switchyard-tenant</c>: its own or one below, or any if it has none.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("may_name_tenant")]
    public bool MayNameTenant { get; set; }

    /// <summary>The limit of its spending; null for no limit of its own.</summary>
    [ConfigurationKeyName("budget")]
    public BudgetOptions? Budget { get; set; }

    /// <summary>Its expiry: a day (<c>2027-01-01</c>, from its beginning in UTC) or a time (<c>2027-01-01T12:00:00Z</c>).</summary>
    [ConfigurationKeyName("expires")]
    public string? Expires { get; set; }

    /// <summary>Your own names and values, which records and summaries of its calls contain.</summary>
    [ConfigurationKeyName("tags")]
    public Dictionary<string, string> Tags { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary><see cref="Expires"/> as a time; null for never, or if it is not a time.</summary>
    internal DateTimeOffset? ExpiresAt => TryReadTime(Expires, out var time) ? time : null;

    /// <summary>Reads a day or a time with its zone.</summary>
    internal static bool TryReadTime(string? text, out DateTimeOffset time)
    {
        const DateTimeStyles InUtc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        string[] forms = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];
        return DateTimeOffset.TryParseExact(text?.Trim(), forms, CultureInfo.InvariantCulture, InUtc, out time);
    }

    /// <summary><see cref="Hash"/> as bytes; null if there is none, or it is not a hash.</summary>
    internal byte[]? ReadHash()
    {
        const string Form = "sha256:";
        var text = Hash?.Trim() ?? "";
        var bytes = new byte[32];
        return text.Length == Form.Length + (2 * bytes.Length) && text.StartsWith(Form, StringComparison.OrdinalIgnoreCase)
            && Convert.FromHexString(text.AsSpan(Form.Length), bytes, out _, out _) == OperationStatus.Done
                ? bytes
                : null;
    }

    /// <summary>Whether a key is set, without the key.</summary>
    public override string ToString() => Key is null ? "hash" : $"key {SecretText.Describe(Key)}";
}

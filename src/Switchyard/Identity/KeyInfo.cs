using System.Text.Json.Nodes;

namespace Switchyard.Identity;

/// <summary>The description of a key, without the key itself.</summary>
public sealed record KeyInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its id in logs and metrics: <c>key-</c> and the beginning of its hash.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is of the configuration, which alone can change it; else of the store.</summary>
    public required bool IsConfigured { get; init; }

    /// <summary><c>active</c>, <c>disabled</c>, <c>expired</c>, <c>revoked</c>, or <c>unreadable</c>: see <see cref="Problem"/>.</summary>
    public required string Status { get; init; }

    /// <summary>The settings of <c>keys.NAME</c>, without those at their defaults.</summary>
    public required JsonObject Settings { get; init; }

    /// <summary>Its first characters; null for a configured key.</summary>
    public string? Prefix { get; init; }

    /// <summary>When it was made; null for one of the configuration.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>When it expires; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was revoked; null if it was not.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>When it was last used, to the minute; null if never, or for a configured key.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>When the key that it replaced ends; null if none still works.</summary>
    public DateTimeOffset? PreviousEnds { get; init; }

    /// <summary>The reason why this version of the gateway cannot use it; null if it can.</summary>
    public string? Problem { get; init; }
}

/// <summary>A page of keys.</summary>
public sealed record KeyPage
{
    /// <summary>The first ones, sorted by name.</summary>
    public required IReadOnlyList<KeyInfo> Keys { get; init; }

    /// <summary>The number of keys found.</summary>
    public required int Found { get; init; }

    /// <summary>The number of all keys.</summary>
    public required int All { get; init; }
}

/// <summary>The description of a tenant.</summary>
public sealed record TenantInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is of the configuration, which alone can change it; else of the store.</summary>
    public required bool IsConfigured { get; init; }

    /// <summary>The names of its keys, without those of tenants below it.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The settings of <c>tenants.NAME</c>, without those at their defaults.</summary>
    public required JsonObject Settings { get; init; }

    /// <summary>When it was made; null for one of the configuration.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>A created key in plain text, which is shown only once.</summary>
/// <param name="Key">The key.</param>
/// <param name="Info">Its description.</param>
public sealed record NewKey(string Key, KeyInfo Info);

/// <summary>The failure to create, change or find a key or tenant.</summary>
/// <param name="kind">The kind of failure.</param>
/// <param name="code">The reason, for programs.</param>
/// <param name="message">The reason and the remedy, for display.</param>
public sealed class KeyChangeException(KeyChangeFailure kind, string code, string message) : Exception(message)
{
    /// <summary>The kind of failure.</summary>
    public KeyChangeFailure Kind => kind;

    /// <summary>The reason, for programs.</summary>
    public string Code => code;
}

/// <summary>The kind of failure of a change of keys or tenants.</summary>
public enum KeyChangeFailure
{
    /// <summary>The request is invalid.</summary>
    Invalid,

    /// <summary>There is no key or tenant of that name.</summary>
    NotFound,

    /// <summary>The request conflicts with the existing state.</summary>
    Conflict,

    /// <summary>There is no store, or it is unavailable.</summary>
    Unavailable,
}

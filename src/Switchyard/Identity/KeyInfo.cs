using System.Text.Json.Nodes;

namespace Switchyard.Identity;

/// <summary>What is known of a key, without the key.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">How logs and metrics show it: <c>key-</c> and the beginning of its hash.</param>
/// <param name="IsConfigured">Whether it is of the configuration, which alone can change it; else of the store.</param>
/// <param name="Status">
/// <c>active</c>, <c>disabled</c>, <c>expired</c>, <c>revoked</c>, or <c>unreadable</c>: see <see cref="Problem"/>.
/// </param>
/// <param name="Settings">The settings of <c>keys.NAME</c>, those that have their defaults left out.</param>
public sealed record KeyInfo(string Name, string Id, bool IsConfigured, string Status, JsonObject Settings)
{
    /// <summary>How it begins; null for one of the configuration.</summary>
    public string? Prefix { get; init; }

    /// <summary>When it was made; null for one of the configuration.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>When it was last used, to the minute; null for never, and for one of the configuration.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>Until when the key works that it has replaced; null when none does.</summary>
    public DateTimeOffset? PreviousEnds { get; init; }

    /// <summary>Why this version of the gateway cannot use it; null when it can.</summary>
    public string? Problem { get; init; }
}

/// <summary>Some of all keys.</summary>
/// <param name="Keys">The first ones, sorted by name.</param>
/// <param name="Found">How many were found.</param>
/// <param name="All">How many keys there are.</param>
public sealed record KeyPage(IReadOnlyList<KeyInfo> Keys, int Found, int All);

/// <summary>What is known of a tenant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsConfigured">Whether it is of the configuration, which alone can change it; else of the store.</param>
/// <param name="Keys">The names of its keys, without those of tenants below it.</param>
/// <param name="Settings">The settings of <c>tenants.NAME</c>, those that have their defaults left out.</param>
public sealed record TenantInfo(string Name, bool IsConfigured, IReadOnlyList<string> Keys, JsonObject Settings)
{
    /// <summary>When it was made; null for one of the configuration.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>A key that was made: the only time that it is shown.</summary>
/// <param name="Key">The key.</param>
/// <param name="Info">What is known of it.</param>
public sealed record NewKey(string Key, KeyInfo Info);

/// <summary>Why a key or tenant was not made, changed or found.</summary>
/// <param name="kind">What kind of reason.</param>
/// <param name="code">The reason, for programs.</param>
/// <param name="message">The reason and the way out, for people.</param>
public sealed class KeyChangeException(KeyChangeFailure kind, string code, string message) : Exception(message)
{
    /// <summary>What kind of reason.</summary>
    public KeyChangeFailure Kind => kind;

    /// <summary>The reason, for programs.</summary>
    public string Code => code;
}

/// <summary>Why a key or tenant was not made or changed.</summary>
public enum KeyChangeFailure
{
    /// <summary>What was asked for is wrong.</summary>
    Invalid,

    /// <summary>There is no key or tenant of that name.</summary>
    NotFound,

    /// <summary>It does not go with what is there.</summary>
    Conflict,

    /// <summary>There is no store, or it is away.</summary>
    Unavailable,
}

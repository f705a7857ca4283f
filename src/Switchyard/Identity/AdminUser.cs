using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>A user of the admin API with its role. Immutable.</summary>
public sealed record AdminUser
{
    /// <summary>The name of the admin key (<c>admin</c> for <c>admin.key</c>), of the token's subject, or of the client's key.</summary>
    public required string Name { get; init; }

    /// <summary>The user's role.</summary>
    public required AdminRole Role { get; init; }

    /// <summary>How the user was authenticated: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or <c>none</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>A user without credentials.</summary>
    public static readonly AdminUser Nobody = new() { Name = "nobody", Role = AdminRole.Anyone, Kind = "none" };

    /// <summary>The user who runs a command on the gateway's machine.</summary>
    public static readonly AdminUser CommandLine = new() { Name = "command line", Role = AdminRole.Admin, Kind = "command_line" };

    /// <summary>The client that owns the key; null unless authenticated by a client key.</summary>
    public Caller? Caller { get; private init; }

    /// <summary>The owner of a client's key.</summary>
    public static AdminUser Of(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return new() { Name = caller.Name, Role = AdminRole.Caller, Kind = "client_key", Caller = caller };
    }

    /// <summary>Name and kind, for logs.</summary>
    public override string ToString() => $"{Name} ({Kind})";
}

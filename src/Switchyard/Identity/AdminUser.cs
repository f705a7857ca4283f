using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>A user of the admin API with its role. Immutable.</summary>
/// <param name="Name">
/// The name of the admin key (<c>admin</c> for <c>admin.key</c>), of the token's subject, or of the client's key.
/// </param>
/// <param name="Role">The user's role.</param>
/// <param name="Kind">How the user was authenticated: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or
/// <c>none</c>.</param>
public sealed record AdminUser(string Name, AdminRole Role, string Kind)
{
    /// <summary>A user without credentials.</summary>
    public static readonly AdminUser Nobody = new("nobody", AdminRole.Anyone, "none");

    /// <summary>The user who runs a command on the gateway's machine.</summary>
    public static readonly AdminUser CommandLine = new("command line", AdminRole.Admin, "command_line");

    /// <summary>The client that owns the key; null unless authenticated by a client key.</summary>
    public Caller? Caller { get; private init; }

    /// <summary>The owner of a client's key.</summary>
    public static AdminUser Of(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return new(caller.Name, AdminRole.Caller, "client_key") { Caller = caller };
    }

    /// <summary>Name and kind, for logs.</summary>
    public override string ToString() => $"{Name} ({Kind})";
}

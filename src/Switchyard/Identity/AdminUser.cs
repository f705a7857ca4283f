using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>Who uses the admin API, and as what. Immutable.</summary>
/// <param name="Name">
/// The name of the admin key (<c>admin</c> for <c>admin.key</c>), of the token's subject, or of the client's key.
/// </param>
/// <param name="Role">What they may do.</param>
/// <param name="Kind">How they have shown who they are: <c>key</c>, <c>token</c>, <c>client_key</c>, <c>command_line</c> or
/// <c>none</c>.</param>
public sealed record AdminUser(string Name, AdminRole Role, string Kind)
{
    /// <summary>Somebody who has shown nothing.</summary>
    public static readonly AdminUser Nobody = new("nobody", AdminRole.Anyone, "none");

    /// <summary>Whoever runs a command on the gateway's own machine.</summary>
    public static readonly AdminUser CommandLine = new("command line", AdminRole.Admin, "command_line");

    /// <summary>The client whose key it is; null unless they came with one.</summary>
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

using System.Globalization;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Switchyard.Calls;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// What is remembered of somebody who has signed in: until when, and how they have shown who they are. Of a key its hash is kept and looked
/// up again with every request, so that a key that is taken away, or given another role, ends or changes the session at once.
/// </summary>
internal static class SessionTicket
{
    /// <summary>How the ticket is kept.</summary>
    public const string Scheme = "switchyard";

    private const string Kind = "kind";
    private const string Hash = "hash";
    private const string Name = "name";
    private const string Role = "role";
    private const string Ends = "ends";
    private const string TokenKind = "token";

    /// <summary>The ticket of somebody who has shown a credential.</summary>
    public static ClaimsPrincipal Create(AdminUser user, string credential, DateTimeOffset now, TimeSpan longest)
    {
        var ends = now + longest;
        var identity = new ClaimsIdentity(Scheme);
        identity.AddClaim(new(Kind, user.Kind));
        if (user.Kind == TokenKind)
        {
            identity.AddClaim(new(Name, user.Name));
            identity.AddClaim(new(Role, AdminRoles.NameOf(user.Role)));
            if (AdminTokens.IsToken(credential) && new JsonWebToken(credential).ValidTo is var end && end < ends.UtcDateTime)
                ends = new DateTimeOffset(end, TimeSpan.Zero);
        }
        else
        {
            identity.AddClaim(new(Hash, Convert.ToHexStringLower(AdminAccess.HashOf(credential.Trim()))));
        }

        identity.AddClaim(new(Ends, ends.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return new(identity);
    }

    /// <summary>Until when a ticket holds.</summary>
    public static DateTimeOffset EndOf(ClaimsPrincipal ticket) =>
        long.TryParse(ticket.FindFirst(Ends)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;

    /// <summary>Who somebody is, by what holds now; <see cref="AdminUser.Nobody"/> where their ticket does not.</summary>
    public static AdminUser Read(ClaimsPrincipal ticket, CallSnapshot snapshot, DateTimeOffset now)
    {
        if (ticket.Identity is not { IsAuthenticated: true } || now >= EndOf(ticket)
            || snapshot.Section(AdminAccess.Section) is not { } access)
            return AdminUser.Nobody;
        if (ticket.FindFirst(Kind)?.Value == TokenKind)
        {
            return access.Issuer is not null && AdminRoles.Read(ticket.FindFirst(Role)?.Value) is { } role
                ? new(ticket.FindFirst(Name)?.Value ?? "", role, TokenKind)
                : AdminUser.Nobody;
        }

        var hash = Convert.FromHexString(ticket.FindFirst(Hash)?.Value ?? "");
        return access.FindHash(hash)
            ?? (hash.Length > 0 && snapshot.Section(CallerTable.Section)?.FindHash(hash) is { Refusal: null } key
                ? AdminUser.Of(key.Caller)
                : AdminUser.Nobody);
    }
}

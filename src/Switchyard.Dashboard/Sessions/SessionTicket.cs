using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Switchyard.Calls;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// The content of the session cookie: the end of the session, and the proof of identity. For a key that is its hash, looked up again with
/// every request, so that revoking the key ends the session at once, and a new role of the key changes it at once.
/// </summary>
internal static class SessionTicket
{
    /// <summary>The authentication scheme of the ticket's cookie.</summary>
    public const string Scheme = "switchyard";

    private const string Session = "session";
    private const string Kind = "kind";
    private const string Hash = "hash";
    private const string Name = "name";
    private const string Role = "role";
    private const string Ends = "ends";
    private const string TokenKind = "token";

    /// <summary>Creates the ticket of a user who has presented a credential.</summary>
    public static ClaimsPrincipal Create(AdminUser user, string credential, DateTimeOffset now, TimeSpan longest)
    {
        var ends = now + longest;
        var identity = new ClaimsIdentity(Scheme);
        identity.AddClaim(new(Session, RandomNumberGenerator.GetHexString(32, lowercase: true)));
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

    /// <summary>When a ticket expires.</summary>
    public static DateTimeOffset EndOf(ClaimsPrincipal ticket) =>
        long.TryParse(ticket.FindFirst(Ends)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;

    /// <summary>The id of a ticket's session; null if it is none of ours.</summary>
    public static string? IdOf(ClaimsPrincipal ticket) => ticket.FindFirst(Session)?.Value;

    /// <summary>The user of a ticket, by the current configuration; <see cref="AdminUser.Nobody"/> if it is not valid.</summary>
    public static AdminUser Read(ClaimsPrincipal ticket, CallSnapshot snapshot, DateTimeOffset now)
    {
        if (ticket.Identity is not { IsAuthenticated: true } || now >= EndOf(ticket)
            || snapshot.Section(AdminAccess.Section) is not { } access)
            return AdminUser.Nobody;
        if (ticket.FindFirst(Kind)?.Value == TokenKind)
        {
            return access.Issuer is not null && AdminRoles.Read(ticket.FindFirst(Role)?.Value) is { } role
                ? new() { Name = ticket.FindFirst(Name)?.Value ?? "", Role = role, Kind = TokenKind }
                : AdminUser.Nobody;
        }

        var hash = Convert.FromHexString(ticket.FindFirst(Hash)?.Value ?? "");
        return access.FindHash(hash)
            ?? (hash.Length > 0 && snapshot.Section(CallerTable.Section)?.FindHash(hash) is { Refusal: null } key
                ? AdminUser.Of(key.Caller)
                : AdminUser.Nobody);
    }
}

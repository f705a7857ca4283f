using System.Collections.Concurrent;
using System.Security.Claims;

namespace Switchyard.Dashboard.Sessions;

/// <summary>
/// The sessions that were signed out before their time. Removing the cookie is not enough: a page in another tab is connected already, and
/// a copy of the cookie is still valid. In memory only, like the keys of the cookie. Thread-safe.
/// </summary>
internal sealed class EndedSessions(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);

    /// <summary>Ends the session of a ticket, in every tab.</summary>
    public void End(ClaimsPrincipal ticket)
    {
        var now = time.GetUtcNow();
        foreach (var (over, end) in _ends)
        {
            if (end <= now)
                _ends.TryRemove(over, out _);
        }

        if (SessionTicket.IdOf(ticket) is { } id)
            _ends[id] = SessionTicket.EndOf(ticket);
    }

    /// <summary>Whether the session of a ticket was signed out.</summary>
    public bool Contains(ClaimsPrincipal ticket) => !_ends.IsEmpty && SessionTicket.IdOf(ticket) is { } id && _ends.ContainsKey(id);
}

using Microsoft.AspNetCore.Components.Authorization;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>The user of a page, determined again each time: a page may stay open after its session or key has expired.</summary>
internal sealed class Visitor(AuthenticationStateProvider states, SwitchyardEngine engine, EndedSessions ended, TimeProvider time)
{
    /// <summary>The user; <see cref="AdminUser.Nobody"/> if the session is over.</summary>
    public async ValueTask<AdminUser> GetAsync()
    {
        var state = await states.GetAuthenticationStateAsync();
        return ended.Contains(state.User) ? AdminUser.Nobody : SessionTicket.Read(state.User, engine.Snapshot, time.GetUtcNow());
    }
}

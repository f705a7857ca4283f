using Microsoft.AspNetCore.Components.Authorization;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Sessions;

/// <summary>Who looks at a page, asked anew each time: a page may stay open longer than its session, or its key, holds.</summary>
internal sealed class Visitor(AuthenticationStateProvider states, SwitchyardEngine engine, TimeProvider time)
{
    /// <summary>Who it is; <see cref="AdminUser.Nobody"/> when their session is over.</summary>
    public async ValueTask<AdminUser> GetAsync()
    {
        var state = await states.GetAuthenticationStateAsync();
        return SessionTicket.Read(state.User, engine.Snapshot, time.GetUtcNow());
    }

    /// <summary>Whether they may do what needs a role.</summary>
    public async ValueTask<bool> MayAsync(AdminRole role) => (await GetAsync()).Role >= role;
}

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Switchyard.Gateway.Admin;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Gives the admin API its own listener.</summary>
public static class SwitchyardAdminExtensions
{
    /// <summary>
    /// Marks an endpoint as the admin API's. With <c>admin.urls</c> set, <c>/admin</c> answers only there; a host that configures its own
    /// listeners marks that endpoint. <c>switchyard serve</c> does it for its own.
    /// </summary>
    public static ListenOptions UseSwitchyardAdmin(this ListenOptions listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        listener.Use(next => connection =>
        {
            connection.Items[AdminAdmission.ListenerMark] = true;
            return next(connection);
        });
        return listener;
    }
}

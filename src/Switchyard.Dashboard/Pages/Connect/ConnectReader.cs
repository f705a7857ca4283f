using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Dashboard.Parts;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Connect;

/// <summary>Writes settings for clients, ready to be copied. Thread-safe.</summary>
internal sealed class ConnectReader(SwitchyardEngine engine, IServer server)
{
    // Read once, because reading the options copies all of them, and these addresses change only with a restart.
    private readonly Lazy<string?> _apart = new(() => engine.Options.Admin.Urls);
    private readonly Lazy<IReadOnlyList<TextSample>> _clients = new(() => TextSample.Load("Pages/Connect/clients.txt"));

    /// <summary>
    /// The address for calls. With <c>admin.urls</c> calls have another port than the dashboard: the first on which the gateway listens
    /// for them.
    /// </summary>
    /// <param name="dashboard">The dashboard's address, with a slash at the end.</param>
    /// <param name="path">The dashboard's own path (<c>dashboard.path</c>).</param>
    public string CallsAt(string dashboard, string path)
    {
        var here = AddressOf(dashboard, path);
        return _apart.Value is { Length: > 0 } apart
            ? Beside(here, apart, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            : here;
    }

    /// <summary>The address for calls of a gateway whose dashboard has its own; the dashboard's if there is none.</summary>
    /// <param name="dashboard">The dashboard's address, without its path.</param>
    /// <param name="apart">The addresses of the dashboard (<c>admin.urls</c>).</param>
    /// <param name="listening">All addresses that the gateway listens on.</param>
    internal static string Beside(string dashboard, string apart, IEnumerable<string> listening)
    {
        var here = new Uri(dashboard);
        var taken = ListenAddressPolicy.Split(apart).Select(ListenAddressPolicy.EndOf).Append($"{here.Port}").ToList();
        foreach (var url in listening.Where(address => !taken.Contains(ListenAddressPolicy.EndOf(address))))
        {
            // Any address of the machine, which the browser knows by the name in its own address; no client reaches a socket or a pipe.
            var any = url.Replace("//*", "//[::]", StringComparison.Ordinal).Replace("//+", "//[::]", StringComparison.Ordinal);
            if (!Uri.TryCreate(any, UriKind.Absolute, out var calls) || calls.Host is "" or "unix" or "pipe")
                continue;
            var host = IPAddress.TryParse(calls.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
                ? here.Host
                : calls.Host;
            return new UriBuilder(calls.Scheme, host, calls.Port).Uri.GetLeftPart(UriPartial.Authority) + here.AbsolutePath.TrimEnd('/');
        }

        return dashboard;
    }

    /// <summary>
    /// The address beside the dashboard's, derived from the dashboard's: the same host, and the same base path if the gateway has one
    /// (<c>server.path_base</c>).
    /// </summary>
    /// <param name="dashboard">The dashboard's address, with a slash at the end.</param>
    /// <param name="path">The dashboard's own path (<c>dashboard.path</c>).</param>
    public static string AddressOf(string dashboard, string path)
    {
        var address = dashboard.TrimEnd('/');
        return address.EndsWith(path, StringComparison.OrdinalIgnoreCase)
            ? address[..^path.Length]
            : new Uri(dashboard).GetLeftPart(UriPartial.Authority);
    }

    /// <summary>The settings for every client in <c>clients.txt</c>.</summary>
    /// <param name="address">The address for calls, without a slash at the end.</param>
    /// <param name="model">The model to ask for; empty for the gateway's default model.</param>
    public ConnectReading Read(string address, string model)
    {
        var asked = model.Trim() is { Length: > 0 } named ? named : UsualModel();
        return new(
            asked,
            engine.InForce.AsksForKeys,
            [.. _clients.Value.Select(client => client.With(
                ("<address>", address), ("<model>", TextSample.Quoted(asked)), ("<name-in-shell>", TextSample.InShell(asked)),
                ("<model-in-shell>", TextSample.InShell(TextSample.Quoted(asked)))))]);
    }

    private string UsualModel()
    {
        try
        {
            return engine.DefaultModel;
        }
        catch (CallException)
        {
            return "provider/model";
        }
    }
}

/// <summary>Settings for clients.</summary>
/// <param name="Model">The model that they ask for.</param>
/// <param name="AsksForKeys">Whether clients need a key.</param>
/// <param name="Clients">The settings of each client.</param>
internal sealed record ConnectReading(string Model, bool AsksForKeys, IReadOnlyList<TextSample> Clients);

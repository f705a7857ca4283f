using Switchyard.Calls;
using Switchyard.Dashboard.Parts;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Connect;

/// <summary>Writes settings that clients can be given as they are. Thread-safe.</summary>
internal sealed class ConnectReader(SwitchyardEngine engine)
{
    private readonly Lazy<IReadOnlyList<TextSample>> _clients = new(() => TextSample.Load("Pages/Connect/clients.txt"));

    /// <summary>
    /// Where calls are taken, by where the dashboard is: at the same host, and below the same path where the gateway has one of its own
    /// (<c>server.path_base</c>).
    /// </summary>
    /// <param name="dashboard">Where the dashboard is, with a slash at the end.</param>
    /// <param name="path">The dashboard's own path (<c>dashboard.path</c>).</param>
    public static string AddressOf(string dashboard, string path)
    {
        var address = dashboard.TrimEnd('/');
        return address.EndsWith(path, StringComparison.OrdinalIgnoreCase)
            ? address[..^path.Length]
            : new Uri(dashboard).GetLeftPart(UriPartial.Authority);
    }

    /// <summary>The settings of every client that is known here.</summary>
    /// <param name="address">Where calls are taken, without a slash at the end.</param>
    /// <param name="model">The model to ask for; empty for the one that this gateway would take.</param>
    public ConnectReading Read(string address, string model)
    {
        var asked = model.Trim() is { Length: > 0 } named ? named : UsualModel();
        return new(
            asked,
            engine.InForce.AsksForKeys,
            [.. _clients.Value.Select(client => client.With(("<address>", address), ("<model>", asked)))]);
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
/// <param name="Clients">Each client's.</param>
internal sealed record ConnectReading(string Model, bool AsksForKeys, IReadOnlyList<TextSample> Clients);

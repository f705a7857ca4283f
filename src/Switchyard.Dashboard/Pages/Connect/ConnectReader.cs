using Switchyard.Calls;
using Switchyard.Dashboard.Parts;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Connect;

/// <summary>Writes settings for clients, ready to be copied. Thread-safe.</summary>
internal sealed class ConnectReader(SwitchyardEngine engine)
{
    private readonly Lazy<IReadOnlyList<TextSample>> _clients = new(() => TextSample.Load("Pages/Connect/clients.txt"));

    /// <summary>
    /// The address for calls, derived from the dashboard's: the same host, and the same base path if the gateway has one
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
/// <param name="Clients">The settings of each client.</param>
internal sealed record ConnectReading(string Model, bool AsksForKeys, IReadOnlyList<TextSample> Clients);

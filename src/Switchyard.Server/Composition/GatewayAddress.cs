namespace Switchyard.Server.Composition;

/// <summary>The address of a running gateway, as an argument or the configuration has it.</summary>
internal static class GatewayAddress
{
    /// <summary>
    /// An address to reach a gateway on this machine by what it listens on: the first, and any address is the machine itself.
    /// </summary>
    /// <param name="urls">What it listens on: <c>http://0.0.0.0:8080;https://*:8443</c>.</param>
    public static string Reaching(string urls)
    {
        var first = urls.Split(';')[0].Trim();
        foreach (var any in (string[])["*", "+", "0.0.0.0", "[::]"])
            first = first.Replace($"//{any}", "//localhost", StringComparison.Ordinal);
        return first;
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="ServeException">It is none.</exception>
    public static Uri Read(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var gateway) && gateway.Scheme is "http" or "https"
            ? gateway
            : throw new ServeException($"'{address}' is no address; write it as http://127.0.0.1:8080.");
}

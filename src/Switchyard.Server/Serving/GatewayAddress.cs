namespace Switchyard.Server.Serving;

/// <summary>The address of a running gateway, from an argument or the configuration.</summary>
internal static class GatewayAddress
{
    /// <summary>
    /// The address that reaches a gateway on this machine: the first that it listens on, with <c>localhost</c> for "any address".
    /// </summary>
    /// <param name="urls">The addresses it listens on: <c>http://0.0.0.0:8080;https://*:8443</c>.</param>
    public static string Reaching(string urls)
    {
        var first = urls.Split(';')[0].Trim();
        foreach (var any in (string[])["*", "+", "0.0.0.0", "[::]"])
            first = first.Replace($"//{any}", "//localhost", StringComparison.Ordinal);
        return first;
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="ServeException">The text is not an http or https address.</exception>
    public static Uri Read(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var gateway) && gateway.Scheme is "http" or "https"
            ? gateway
            : throw new ServeException($"'{address}' is not an address; write it as http://127.0.0.1:8080.");
}

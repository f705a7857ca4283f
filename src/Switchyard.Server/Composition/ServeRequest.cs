using Microsoft.Extensions.Logging;
using Switchyard.Configuration;

namespace Switchyard.Server.Composition;

/// <summary>What <c>switchyard serve</c> was asked to do, with a configuration that has been checked.</summary>
internal sealed record ServeRequest
{
    /// <summary>The configuration to begin with. Its <c>server.urls</c> already holds what <c>--urls</c> said.</summary>
    public required SwitchyardOptions Options { get; init; }

    /// <summary>How to load it again.</summary>
    public required ConfigurationRequest Configuration { get; init; }

    /// <summary>Whether an open gateway on a reachable address is what the user wants.</summary>
    public required bool Insecure { get; init; }

    /// <summary>The least that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>
    /// The reason not to serve with these options on the addresses that are open; null when it is safe. To be asked again at each
    /// reload: a file that loses its keys must not open a gateway that was closed.
    /// </summary>
    public string? Refuse(SwitchyardOptions options) =>
        ListenAddressPolicy.Check(Options.Server.Urls, options.Server.Keys.Count > 0, Insecure);
}

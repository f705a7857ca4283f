using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Server.Composition;

/// <summary>The options of <c>switchyard serve</c>, with a valid configuration.</summary>
internal sealed record ServeRequest
{
    /// <summary>The configuration to begin with. <c>--urls</c> is in its <c>server.urls</c> already.</summary>
    public required SwitchyardOptions Options { get; init; }

    /// <summary>How to load it again; null where it comes from nowhere it could be loaded from.</summary>
    public required ConfigurationRequest? Configuration { get; init; }

    /// <summary>Whether <c>--insecure</c> was given: a reachable address without client keys is allowed.</summary>
    public required bool Insecure { get; init; }

    /// <summary>The minimum level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Whether each line of output is a JSON object.</summary>
    public bool LogsJson => Options.Logs.Format == "json";

    /// <summary>What a reload has changed and cannot apply, with what to do; null when it can apply everything.</summary>
    public string? NeedsRestart(SwitchyardOptions options)
    {
        var changed = RestartKeys.Changed(Options, options);
        return changed.Count == 0 ? null : $"{string.Join(" and ", changed)}: needs a restart, all else is in force";
    }

    /// <summary>
    /// The reason not to serve with these options on the addresses listened on; null when it is safe. Checked again at each reload: a file
    /// that loses its keys must not open a gateway that was closed.
    /// </summary>
    public string? Refuse(SwitchyardOptions options) =>
        ListenAddressPolicy.Check($"{Options.Server.Urls};{Options.Server.H2cUrls}", options.AsksForKeys, Insecure);
}

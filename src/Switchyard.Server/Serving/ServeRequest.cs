using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;

namespace Switchyard.Server.Serving;

/// <summary>The options of <c>switchyard serve</c>, with a valid configuration.</summary>
internal sealed record ServeRequest
{
    /// <summary>The configuration to begin with. <c>--urls</c> is in its <c>server.urls</c> already.</summary>
    public required SwitchyardOptions Options { get; init; }

    /// <summary>How to load it again; null if it has no source to load from.</summary>
    public required ConfigurationRequest? Configuration { get; init; }

    /// <summary>Whether <c>--insecure</c> was given: a reachable address without client keys is allowed.</summary>
    public required bool Insecure { get; init; }

    /// <summary>The minimum level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Whether each line of output is a JSON object.</summary>
    public bool LogsJson => Options.Logs.Format == "json";

    /// <summary>The changes that a reload cannot apply, and what to do; null if everything can be applied.</summary>
    public string? NeedsRestart(SwitchyardOptions options)
    {
        var changed = RestartKeys.Changed(Options, options);
        return changed.Count == 0 ? null : $"{string.Join(" and ", changed)}: needs a restart, everything else is in force";
    }

    /// <summary>
    /// Why these options must not be served on the addresses listened on; null if they may. Checked again at each reload: a file that loses
    /// its client keys must not open a protected gateway.
    /// </summary>
    public string? Refuse(SwitchyardOptions options) =>
        ListenAddressPolicy.Check($"{Options.Server.Urls};{Options.Server.H2cUrls}", options.AsksForKeys, Insecure);
}

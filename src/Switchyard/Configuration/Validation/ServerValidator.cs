using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>The server's addresses can be parsed, its limits are in range, and no client key is empty.</summary>
internal sealed class ServerValidator : IConfigurationValidator
{
    private const long SmallestBody = 1L << 10;
    private const long LargestBody = 1L << 30;
    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestHeartbeat = TimeSpan.FromSeconds(1);

    /// <summary>Timers take at most 49 days, and no proxy waits for a day.</summary>
    private static readonly TimeSpan LongestHeartbeat = TimeSpan.FromDays(1);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        [.. Values(options.Server), .. Lists(options.Server), .. Addresses(options.Server)];

    private static IEnumerable<ValidationFinding> Values(ServerOptions server)
    {
        if (server.MaxBodyBytes is < SmallestBody or > LargestBody)
        {
            yield return new(
                Combine("server", "max_body"),
                $"max_body must be between {SizeText.Format(SmallestBody)} and {SizeText.Format(LargestBody)}");
        }

        if (server.ShutdownDelay > LongestDelay)
            yield return new(Combine("server", "shutdown_delay"), $"shutdown_delay must be at most {DurationText.Format(LongestDelay)}");
        if (server.Heartbeat is { } heartbeat && heartbeat < ShortestHeartbeat)
            yield return new(Combine("server", "heartbeat"), $"heartbeat must be at least {DurationText.Format(ShortestHeartbeat)}");
        if (server.Heartbeat > LongestHeartbeat)
            yield return new(Combine("server", "heartbeat"), $"heartbeat must be at most {DurationText.Format(LongestHeartbeat)}");
        if (server.PathBase is { Length: > 0 } path && (path[0] != '/' || path.Length == 1 || path.EndsWith('/') || path.Contains('?')))
            yield return new(Combine("server", "path_base"), "path_base must begin with a slash and not end in one, for example /ai");
        if (server.MaxBodiesBytes is { } bodies && bodies < 2 * server.MaxBodyBytes)
        {
            yield return new(
                Combine("server", "max_bodies"),
                $"max_bodies must be at least twice max_body ({SizeText.Format(server.MaxBodyBytes)}): a body is copied once as it grows");
        }

        if (server.Id is { } id && string.IsNullOrWhiteSpace(id))
            yield return new(Combine("server", "id"), "the id is empty; leave it out to derive one from the configuration");
        if (server.ShutdownGrace > LongestGrace)
            yield return new(Combine("server", "shutdown_grace"), $"shutdown_grace must be at most {DurationText.Format(LongestGrace)}");
    }

    private static IEnumerable<ValidationFinding> Lists(ServerOptions server)
    {
        for (var index = 0; index < server.Keys.Count; index++)
        {
            if (string.IsNullOrWhiteSpace(server.Keys[index]))
                yield return new(Combine("server", "keys", $"{index}"), "a client key is empty");
        }

        for (var index = 0; index < server.AllowedHosts.Count; index++)
        {
            if (!IsHost(server.AllowedHosts[index].Trim()))
            {
                yield return OfValue(
                    server.AllowedHosts[index], Combine("server", "allowed_hosts", $"{index}"),
                    $"'{ValuePlaceholder}' is not a host name; write it without scheme, port and path, or * for any");
            }
        }

        for (var index = 0; index < server.Cors.Origins.Count; index++)
        {
            if (!IsOrigin(server.Cors.Origins[index].Trim()))
            {
                yield return OfValue(
                    server.Cors.Origins[index], Combine("server", "cors", "origins", $"{index}"),
                    $"'{ValuePlaceholder}' is not an origin; write scheme and host such as https://app.example.com, or * for any");
            }
        }
    }

    private static IEnumerable<ValidationFinding> Addresses(ServerOptions server)
    {
        if (server.Urls.Trim(' ', ';').Length == 0)
            yield return new(Combine("server", "urls"), "urls names no address to listen on, for example http://127.0.0.1:8080");
        foreach (var address in ListenAddressPolicy.FindWithPath(server.Urls))
        {
            yield return OfValue(
                address, Combine("server", "urls"),
                $"'{ValuePlaceholder}' has a path, which an address to listen on cannot; write it as path_base");
        }

        if (server.H2cUrls is { } plain && ListenAddressPolicy.FindUnfitForH2c(plain).Any())
        {
            yield return new(
                Combine("server", "h2c_urls"), "h2c_urls must be addresses such as http://127.0.0.1:8082; https ones speak HTTP/2 anyway");
        }

        foreach (var address in ListenAddressPolicy.FindMalformed(server.Urls))
        {
            yield return OfValue(
                address, Combine("server", "urls"),
                $"'{ValuePlaceholder}' is not an address to listen on; write http://host:port, http://*:port or http://unix:/path");
        }
    }

    private static bool IsHost(string host) => host == "*" || Uri.CheckHostName(host) is not UriHostNameType.Unknown;

    // The scheme may be an app's own (tauri://localhost). An origin has no path; a trailing slash is accepted.
    private static bool IsOrigin(string origin) => origin == "*"
        || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && origin.Contains("://", StringComparison.Ordinal)
            && page is { PathAndQuery: "/" or "", Fragment: "", UserInfo: "" } && page.Host.Length > 0);
}

using System.Net;
using StackExchange.Redis;

namespace Switchyard.Storage.Redis;

/// <summary>Reads <c>storage.redis</c>.</summary>
internal static class RedisAddress
{
    private const int DefaultPort = 6379;

    /// <summary>The settings of the client; null if the address is not valid.</summary>
    /// <param name="address"><c>redis://[user:password@]host[:port][/database]</c>, <c>rediss://</c> for TLS, or <c>host:port</c>.</param>
    public static ConfigurationOptions? Parse(string address)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"redis://{address}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0)
            return null;
        var port = uri.IsDefaultPort || uri.Port <= 0 ? DefaultPort : uri.Port;
        var settings = new ConfigurationOptions
        {
            Ssl = uri.Scheme == "rediss",
            ClientName = "switchyard",
            // A Redis that is away must neither stop the start nor make a call wait.
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast,
            ConnectTimeout = 2000,
            SyncTimeout = 1000,
            AsyncTimeout = 1000,
            KeepAlive = 10,
            // With a server that is away the client tries again at once, then up to every 5 s.
            ReconnectRetryPolicy = new ExponentialRetry(200, 5000),
        };
        settings.EndPoints.Add(IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip)
            ? new IPEndPoint(ip, port)
            : new DnsEndPoint(uri.Host, port));
        var user = uri.UserInfo.Split(':', 2);
        if (user is [var name, var password])
        {
            settings.User = name.Length > 0 ? Uri.UnescapeDataString(name) : null;
            settings.Password = Uri.UnescapeDataString(password);
        }

        if (int.TryParse(uri.AbsolutePath.Trim('/'), out var database))
            settings.DefaultDatabase = database;
        return settings;
    }
}

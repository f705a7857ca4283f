using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;
using Switchyard.Models;
using Switchyard.Network;

namespace Switchyard.Providers;

/// <summary>The clock, loggers, environment and network a provider uses. Immutable; one for all providers of a host.</summary>
public sealed record ProviderContext
{
    /// <summary>The system clock, the process environment and no logging.</summary>
    public static readonly ProviderContext Default = new();

    /// <summary>The clock.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Creates loggers; a provider's category is <c>Switchyard.Providers.</c> and its name.</summary>
    /// <value>The default logs nothing.</value>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Reads an environment variable; null if not set.</summary>
    /// <value>The default reads the process environment.</value>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The model catalogue.</summary>
    /// <value>The default is <see cref="ModelCatalog.Default"/>.</value>
    public ModelCatalog Models { get; init; } = ModelCatalog.Default;

    /// <summary>The timeout of connecting a socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The proxy of providers without their own. Addresses of this machine are reached without it.</summary>
    /// <value>The default, null, is that of the environment: <see cref="System.Net.Http.HttpClient.DefaultProxy"/>.</value>
    public System.Net.IWebProxy? Proxy { get; init; }

    /// <summary>The current network policy; null if everything may be reached.</summary>
    internal EgressGuard? Egress { get; init; }

    /// <summary>Creates the HTTP handler that a provider sends through, for tests and for hosts with custom networking.</summary>
    /// <value>The default is null: a <see cref="SocketsHttpHandler"/>.</value>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }

    /// <summary>Masks the host's secrets in outgoing text. Code that obtains a token registers it here.</summary>
    /// <value>The default has no secrets.</value>
    public SecretRedactor Secrets { get; init; } = new();

    /// <summary>The factories of credentials that are signed or renewed. A descriptor names its kind.</summary>
    /// <value>The default is empty.</value>
    public IReadOnlyList<IRequestAuthorizerFactory> Authorizers { get; init; } = [];
}

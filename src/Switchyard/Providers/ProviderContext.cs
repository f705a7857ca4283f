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

    /// <summary>Makes loggers; a provider's category is <c>Switchyard.Providers.</c> and its name.</summary>
    /// <value>The default logs nothing.</value>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    /// <value>The default reads the process environment.</value>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The model catalogue.</summary>
    /// <value>The default is <see cref="ModelCatalog.Default"/>.</value>
    public ModelCatalog Models { get; init; } = ModelCatalog.Default;

    /// <summary>The timeout of connecting a socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The proxy of providers that name none. Addresses of this machine are reached without it.</summary>
    /// <value>The default, null, is that of the environment: <see cref="System.Net.Http.HttpClient.DefaultProxy"/>.</value>
    public System.Net.IWebProxy? Proxy { get; init; }

    /// <summary>The network policy in force; null where everything may be reached.</summary>
    internal EgressGuard? Egress { get; init; }

    /// <summary>
    /// Makes the HTTP handler a provider sends through, for tests and for hosts with a network of their own.
    /// </summary>
    /// <value>The default is null: a <see cref="SocketsHttpHandler"/>.</value>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }

    /// <summary>Masks the host's secrets in text that leaves it. What obtains a token tells it here.</summary>
    /// <value>The default knows no secret yet.</value>
    public SecretRedactor Secrets { get; init; } = new();

    /// <summary>The factories of credentials that are signed or renewed. A descriptor names the kind it takes.</summary>
    /// <value>The default is empty.</value>
    public IReadOnlyList<IRequestAuthorizerFactory> Authorizers { get; init; } = [];
}

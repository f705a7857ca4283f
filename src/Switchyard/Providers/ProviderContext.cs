using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Models;

namespace Switchyard.Providers;

/// <summary>What a provider may use of its surroundings. Immutable; one for all providers of a host.</summary>
public sealed record ProviderContext
{
    /// <summary>The system clock, the process environment and no logging.</summary>
    public static readonly ProviderContext Default = new();

    /// <summary>The clock.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes loggers; a provider's category is its name.</summary>
    /// <value>The default logs nothing.</value>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    /// <value>The default reads the process environment.</value>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>What is known of models.</summary>
    /// <value>The default is <see cref="ModelCatalog.Default"/>.</value>
    public ModelCatalog Models { get; init; } = ModelCatalog.Default;

    /// <summary>To a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Makes the handler a provider sends through, instead of a socket's: for tests and for hosts with a network of their own.</summary>
    /// <value>The default is null: a handler over sockets.</value>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }

    /// <summary>Who makes credentials that must be signed or renewed. Providers name the kind they take in their data.</summary>
    /// <value>The default is nobody.</value>
    public IReadOnlyList<IRequestAuthorizerFactory> Authorizers { get; init; } = [];
}

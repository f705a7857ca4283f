using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Engine;

/// <summary>A provider added in code (<c>AddProvider</c>), registered when the engine starts.</summary>
/// <param name="Register">Registers it. From then on the registry disposes it.</param>
/// <param name="Instance">The provider, if the host has made it; null for a class.</param>
internal sealed record AddedProvider(Func<ProviderRegistry, CancellationToken, ValueTask> Register, IProvider? Instance = null);

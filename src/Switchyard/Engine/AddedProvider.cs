using Switchyard.Providers.Registry;

namespace Switchyard.Engine;

/// <summary>A provider added in code (<c>AddProvider</c>), registered when the engine starts.</summary>
internal sealed record AddedProvider(Func<ProviderRegistry, CancellationToken, ValueTask> Register);

using Switchyard.Providers.Registry;

namespace Switchyard.Engine;

/// <summary>A provider that code added; registered when the engine starts.</summary>
internal sealed record AddedProvider(Func<ProviderRegistry, CancellationToken, ValueTask> Register);

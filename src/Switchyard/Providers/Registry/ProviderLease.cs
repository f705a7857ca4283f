using System.Diagnostics.CodeAnalysis;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

/// <summary>
/// A provider held for one call: as long as a lease on it is open, a provider that is replaced or unregistered is not disposed.
/// A value, so that taking one allocates nothing. Dispose it exactly once, when the call has ended (for a stream: after its last byte).
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "A lease is held and disposed, never compared.")]
internal readonly struct ProviderLease : IDisposable
{
    private readonly ProviderEntry? _entry;

    internal ProviderLease(ProviderEntry entry, IProvider provider)
    {
        _entry = entry;
        Provider = provider;
    }

    /// <summary>The initialised provider. Null only in a lease that was never acquired.</summary>
    public IProvider Provider { get; }

    /// <summary>The name the provider is registered under; empty in a lease that was never acquired.</summary>
    public string Name => _entry?.Name ?? "";

    /// <summary>The provider's descriptor; null only in a lease that was never acquired.</summary>
    public ProviderDescriptor? Descriptor => _entry?.Descriptor;

    /// <summary>The provider's health; null only in a lease that was never acquired.</summary>
    public ProviderHealth? Health => _entry?.Health;

    /// <summary>The provider's configured timeout of the first token; null uses the general one.</summary>
    public TimeSpan? FirstTokenTimeout => _entry?.Settings?.Timeout;

    /// <summary>The catalogue's timeout of a slow provider's first token, which only lengthens the general one; null for none.</summary>
    public TimeSpan? SlowFirstToken => _entry?.Descriptor.FirstTokenTimeout;

    /// <summary>The provider's own timeout of one attempt at a whole answer; null uses the general one.</summary>
    public TimeSpan? AttemptTimeout => _entry?.Settings?.AttemptTimeout;

    /// <summary>Releases the provider. The last lease on an unregistered provider disposes it.</summary>
    public void Dispose() => _entry?.Release();
}

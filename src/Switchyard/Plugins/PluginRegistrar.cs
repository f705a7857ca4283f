using Microsoft.Extensions.Logging;
using Switchyard.Guards;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Plugins;

/// <summary>
/// Collects the additions of a plugin while it is loaded, and compares them with its manifest. They become active together or not at all.
/// </summary>
internal sealed class PluginRegistrar(LoadedPlugin plugin, IReadOnlyDictionary<string, string> settings, ILogger logger) : IPluginHost
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _added = new(StringComparer.Ordinal);
    private string? _lie;
    private bool _isClosed;

    public string Name => plugin.Manifest.Name;

    public string Version => plugin.Manifest.Version;

    public IReadOnlyDictionary<string, string> Settings => settings;

    public TimeProvider Time => plugin.Time;

    public ILogger Logger => logger;

    public void AddProvider(string name, IProvider provider, ProviderSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var bare = ProviderNames.Normalize(name);
        if (provider is not (IChatClientProvider or IHttpProvider))
        {
            throw new ArgumentException(
                $"The provider '{name}' must be an {nameof(IChatClientProvider)} or an {nameof(IHttpProvider)}.", nameof(provider));
        }

        Add(PluginAdds.Provider + bare, () =>
        {
            var versioned = $"{bare}@{Version}";
            IProvider registered = provider is IHttpProvider
                ? provider
                : new PluginProvider(plugin, versioned, plugin.Hold(provider));
            plugin.Add(new PluginProviderEntry(versioned, registered, settings ?? new ProviderSettings { Type = bare }));
        });
    }

    public void UseCall(ICallMiddleware step) => Use(PluginAdds.Call, StagePlace.Call, step);

    public void UseRouted(ICallMiddleware step) => Use(PluginAdds.Routed, StagePlace.Routed, step);

    public void UseAttempt(ICallMiddleware step) => Use(PluginAdds.Attempt, StagePlace.Attempt, step);

    public void AddGuard(string name, IGuard guard)
    {
        ArgumentNullException.ThrowIfNull(guard);
        var bare = ProviderNames.Normalize(name);
        Add(PluginAdds.Guard + bare, () => plugin.Add(bare, guard));
    }

    public void AddSink(ICallSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Add(PluginAdds.Sink, () => plugin.Add(sink));
    }

    /// <summary>Accepts no further additions.</summary>
    /// <exception cref="PluginException">Its additions differ from its manifest.</exception>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            // Thrown again, because the plugin may have caught the first exception.
            if (_lie is { } lie)
                throw new PluginException(PluginFault.Manifest, lie);
            if (plugin.Manifest.Adds.Except(_added).ToList() is { Count: > 0 } missing)
            {
                throw new PluginException(
                    PluginFault.Manifest,
                    $"Plugin '{plugin.Id}' declares {Quoted(missing)} in its manifest and does not add it.");
            }
        }
    }

    /// <summary>Accepts no further additions from a plugin that did not return in time.</summary>
    public void Abandon()
    {
        lock (_gate)
            _isClosed = true;
    }

    private void Use(string word, StagePlace place, ICallMiddleware step)
    {
        ArgumentNullException.ThrowIfNull(step);
        Add(word, () => plugin.Add(place, step));
    }

    private void Add(string word, Action add)
    {
        lock (_gate)
        {
            if (_isClosed)
                throw new InvalidOperationException("A plugin adds itself in Register, and not later.");
            if (!plugin.Manifest.Adds.Contains(word, StringComparer.Ordinal))
            {
                _lie ??= $"Plugin '{plugin.Id}' adds '{word}', which its manifest does not declare in 'adds'.";
                throw new PluginException(PluginFault.Manifest, _lie);
            }

            if (!_added.Add(word) && word.Contains(':', StringComparison.Ordinal))
                throw new InvalidOperationException($"The plugin has added '{word}' already.");
            add();
        }
    }

    private static string Quoted(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"'{word}'"));
}

using Microsoft.Extensions.Logging;
using Switchyard.Guards;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Http;

namespace Switchyard.Plugins;

/// <summary>
/// What one plugin adds while it is loaded, compared with what its manifest declares. Nothing of it is in force before all of it is.
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

    /// <summary>Takes nothing more.</summary>
    /// <exception cref="PluginException">What it added is not what its manifest declares.</exception>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            // Also where the plugin has caught the exception that told it so.
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

    /// <summary>Takes nothing more, of one that did not come back in time.</summary>
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

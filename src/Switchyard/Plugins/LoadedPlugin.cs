using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Guards;
using Switchyard.Pipeline;
using Switchyard.Providers.Registry;

namespace Switchyard.Plugins;

/// <summary>
/// A loaded plugin: its manifest, its statistics, and the host's references to it. It refers to the plugin's objects only through
/// <see cref="PluginPart{T}"/>, so that it can outlive the plugin. Thread-safe.
/// </summary>
internal sealed partial class LoadedPlugin
{
    private readonly List<IPluginPart> _parts = [];
    private readonly List<(StagePlace Place, ICallMiddleware Step)> _steps = [];
    private readonly List<PluginSink> _sinks = [];
    private readonly List<(string Name, IGuard Guard)> _guards = [];
    private readonly List<PluginProviderEntry> _providers = [];
    private readonly List<ProviderEntry> _entries = [];
    private readonly PluginEvents _events;
    private readonly ILogger _logger;

    public LoadedPlugin(PluginManifest manifest, string folder, PluginTerms terms, PluginEvents events, ILogger logger, TimeProvider time)
    {
        Manifest = manifest;
        Folder = folder;
        Terms = terms;
        Time = time;
        LoadedAt = time.GetUtcNow();
        Record = new PluginRecord(terms.Failures);
        _events = events;
        _logger = logger;
    }

    public PluginManifest Manifest { get; }

    public string Id => Manifest.Id;

    /// <summary>The folder it was loaded from, in full.</summary>
    public string Folder { get; }

    /// <summary>The host's limits for it.</summary>
    public PluginTerms Terms { get; }

    public PluginRecord Record { get; }

    public TimeProvider Time { get; }

    public DateTimeOffset LoadedAt { get; }

    /// <summary>Its steps around calls.</summary>
    public IEnumerable<ICallMiddleware> At(StagePlace place) => _steps.Where(step => step.Place == place).Select(step => step.Step);

    public IReadOnlyList<PluginSink> Sinks => _sinks;

    public IReadOnlyList<(string Name, IGuard Guard)> Guards => _guards;

    public IReadOnlyList<PluginProviderEntry> Providers => _providers;

    /// <summary>Its registered providers.</summary>
    public IReadOnlyList<ProviderEntry> Entries => _entries;

    /// <summary>Its context, until it is unloaded.</summary>
    public PluginPart<PluginLoadContext>? Context { get; set; }

    /// <summary>Its entry object.</summary>
    public PluginPart<IPlugin>? Entry { get; set; }

    public void Add(StagePlace place, ICallMiddleware step) => _steps.Add((place, new PluginStep(this, Hold(step))));

    public void Add(ICallSink sink) => _sinks.Add(new PluginSink(this, Hold(sink)));

    public void Add(string name, IGuard guard) => _guards.Add((name, new PluginGuard(this, Hold(guard))));

    public void Add(PluginProviderEntry provider) => _providers.Add(provider);

    public void Add(ProviderEntry entry) => _entries.Add(entry);

    /// <summary>Holds an object of the plugin until <see cref="CutAll"/>.</summary>
    public PluginPart<T> Hold<T>(T value)
        where T : class
    {
        var part = new PluginPart<T>(value);
        _parts.Add(part);
        return part;
    }

    /// <summary>Releases all references of the host to it.</summary>
    public void CutAll()
    {
        _parts.ForEach(part => part.Cut());
        _parts.Clear();
        // A provider that is reached over HTTP is registered without a wrapper.
        _providers.Clear();
        _entries.Clear();
        Entry?.Cut();
        Context?.Cut();
    }

    /// <summary>Counts and logs a failure, and switches the plugin off after too many failures.</summary>
    /// <param name="what">What failed: <c>its step around calls</c>.</param>
    /// <param name="trouble">The kind of failure.</param>
    /// <param name="thrown">The exception; null if it was too slow.</param>
    public void Fail(string what, PluginTrouble trouble, Exception? thrown)
    {
        // Never the exception itself, which would keep the plugin's code in memory as long as a log or a record holds it.
        var how = trouble == PluginTrouble.TooSlow
            ? $"{what} did not return within {Terms.Timeout.TotalMilliseconds:0} ms"
            : $"{what} threw {thrown!.GetType().Name}: {_events.Redact(thrown.Message)}";
        var isOff = Record.Fail(trouble, how);
        _events.OnFailed(Id, trouble);
        LogFailed(Id, how, Terms.FailsClosed ? "calls are refused" : "calls continue without it");
        if (isOff)
            LogSwitchedOff(Id, Terms.Failures);
    }

    /// <summary>The error of a call that is refused because the plugin failed.</summary>
    public CallError Refusal() => new(
        CallErrorKind.PluginFailed,
        Record.IsOff
            ? $"Plugin '{Id}' is switched off after {Terms.Failures} failures in a row, and calls are refused without it. Switch it "
            + $"on again (POST /admin/plugins/{Manifest.Name}/enable), replace it, or let it fail open "
            + $"(plugins.use.{Manifest.Name}.on_failure)."
            : $"Plugin '{Id}' failed, and calls are refused without it. The gateway's log says why; to let calls continue, set "
            + $"plugins.use.{Manifest.Name}.on_failure to 'open'.");

    [LoggerMessage(1, LogLevel.Warning, "Plugin {Plugin}: {How}; {Consequence}")]
    private partial void LogFailed(string plugin, string how, string consequence);

    [LoggerMessage(2, LogLevel.Error, "Plugin {Plugin} is switched off after {Failures} failures in a row; it stays loaded")]
    private partial void LogSwitchedOff(string plugin, int failures);
}

/// <summary>The host's limits for one plugin.</summary>
/// <param name="Timeout">The maximum time in one step of a call.</param>
/// <param name="FailsClosed">Whether a call is refused when it fails.</param>
/// <param name="Failures">The number of consecutive failures after which it is switched off.</param>
internal sealed record PluginTerms(TimeSpan Timeout, bool FailsClosed, int Failures);

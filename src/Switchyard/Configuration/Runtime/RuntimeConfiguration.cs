using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;

namespace Switchyard.Configuration.Runtime;

/// <summary>
/// The configuration while the engine runs: the settings in force with their sources, changes of single settings, their history,
/// and undo. The admin API and the command line are thin layers over it. Thread-safe.
/// </summary>
/// <remarks>
/// Settings made here override file, environment and code, and stay when the file is reloaded. A change is checked and made as a
/// whole, or not at all; it applies from the next call on, and running calls end on the configuration they began with. With a store
/// (<c>storage.ledger</c>) it outlives the process, and other gateways follow.
/// </remarks>
public sealed partial class RuntimeConfiguration : IAsyncDisposable, IDisposable
{
    /// <summary>The number of versions that are kept; older ones cannot be restored.</summary>
    public const int HistoryLength = 200;

    private readonly IConfigurationStore? _store;
    private readonly IConfigurationListener[] _listeners;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile RuntimeState _state = RuntimeState.Nothing;
    private IConfigurationTarget? _target;

    internal RuntimeConfiguration(
        IConfigurationStore? store,
        IEnumerable<IConfigurationListener> listeners,
        TimeProvider time,
        ILogger<RuntimeConfiguration> logger) =>
        (_store, _listeners, _time, _logger) = (store, [.. listeners], time, logger);

    /// <summary>Raised when another configuration has come into force. Exceptions of a handler are logged and not passed on.</summary>
    public event EventHandler<ConfigurationChanged>? Changed;

    /// <summary>The version of the run-time settings; 0 if none were ever made.</summary>
    public long Version => _state.Version;

    /// <summary>Whether changes outlive the process.</summary>
    public bool IsKept => _store is not null;

    /// <summary>The engine, in which changes are put in force.</summary>
    private IConfigurationTarget Target => _target ?? throw new InvalidOperationException("No engine has been created for these settings.");

    /// <summary>Puts changes in force in an engine. Called by the engine when it is created.</summary>
    internal void PutChangesIn(IConfigurationTarget target) => _target = target;

    /// <summary>A copy of the configuration in force. Changing it has no effect.</summary>
    public SwitchyardOptions Get() => Target.Options.Copy();

    /// <summary>Every setting in force, and its source; secrets are masked.</summary>
    /// <param name="key">Only this setting, or those of this section or entry; null for all.</param>
    public IReadOnlyList<ConfigurationSetting> Describe(string? key = null)
    {
        var (options, runtime) = (Target.Options, Target.Runtime);
        var path = key is null ? null : SettingKeys.Parse(key, options, isEntry: true);
        var origins = new OriginReader(options, runtime.Layer, LastChangeOf);
        return
        [
            .. new SettingView(options, runtime.Layer).Settings
                .Where(setting => setting.Value is not JsonObject && (path is null || SettingNode.IsAtOrAbove(path, setting.Path)))
                .Select(origins.Describe),
        ];
    }

    /// <summary>The configuration in force in the form of the file, in YAML, without defaults; secrets are masked.</summary>
    public string Export()
    {
        var tree = new SettingTree();
        foreach (var setting in new SettingView(Target.Options, Target.Runtime.Layer).Settings.Where(setting => !setting.IsDefault))
            tree.Put(setting.Path, setting.Value);
        return SettingYaml.Write(tree.Root);
    }

    /// <summary>The last versions, newest first.</summary>
    public IReadOnlyList<ConfigurationVersion> GetHistory() => [.. _state.History.Select(entry => entry.Version).Reverse()];

    /// <summary>The differences between the run-time settings of two versions, secrets masked.</summary>
    /// <param name="from">A version; 0 for nothing set.</param>
    /// <param name="to">Another.</param>
    /// <exception cref="ConfigurationChangeException">The history does not reach back to one of them.</exception>
    public IReadOnlyList<ConfigurationChange> Diff(long from, long to)
    {
        var (before, after) = (Find(from).Layer.Settings, Find(to).Layer.Settings);
        return
        [
            .. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
                .Where(path => before.ContainsKey(path) != after.ContainsKey(path) || !JsonNode.DeepEquals(before[path], after[path]))
                .Select(path => new ConfigurationChange(
                    ConfigurationKeys.Write(path),
                    SettingView.Masked(path, before.GetValueOrDefault(path)),
                    SettingView.Masked(path, after.GetValueOrDefault(path)))),
        ];
    }

    /// <summary>Changes the named settings, all or none. Other settings keep their values.</summary>
    /// <param name="settings">
    /// Values by key, in the names and the notation of the file: <c>cache.ttl</c> to <c>2h</c>. Null removes a setting: its default
    /// applies.
    /// </param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The new version, or the newest if nothing changed.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused; every problem is named.</exception>
    public Task<ConfigurationVersion> UpdateAsync(
        IReadOnlyDictionary<string, string?> settings, string? who = null, long? expectedVersion = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var document = new JsonObject(settings.Select(setting =>
            KeyValuePair.Create(setting.Key, setting.Value is null ? null : (JsonNode?)JsonValue.Create(setting.Value))));
        return UpdateAsync(document, who, expectedVersion, cancellationToken);
    }

    /// <summary>Changes the settings in a document, all or none. Its keys are nested, or joined by dots.</summary>
    /// <inheritdoc cref="UpdateAsync(IReadOnlyDictionary{string, string?}, string?, long?, CancellationToken)"/>
    public Task<ConfigurationVersion> UpdateAsync(
        JsonObject settings, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ChangeAsync("update", who, expectedVersion, state => Updated(state, settings), cancellationToken);
    }

    /// <summary>Changes the settings in a YAML or JSON text, all or none.</summary>
    /// <inheritdoc cref="UpdateAsync(IReadOnlyDictionary{string, string?}, string?, long?, CancellationToken)"/>
    public Task<ConfigurationVersion> UpdateAsync(
        string document, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        return UpdateAsync(SettingDocument.Parse(document), who, expectedVersion, cancellationToken);
    }

    /// <summary>Removes run-time settings: those of file, environment and code apply again.</summary>
    /// <param name="keys">Settings, sections or entries; null for all.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public Task<ConfigurationVersion> ResetAsync(
        IEnumerable<string>? keys = null, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        var all = keys?.ToArray();
        return ChangeAsync("reset", who, expectedVersion, state => state.Document with
        {
            Layer = all is null
                ? RuntimeLayer.Empty
                : state.Document.Layer.Without(all.Select(key => PathOf(key, state.Document.Layer))),
        }, cancellationToken);
    }

    /// <summary>
    /// Why <see cref="Describe"/> returns nothing for a key, as a sentence: no setting has it, or there is no such entry. Null if it names
    /// a setting or a section.
    /// </summary>
    /// <param name="key">The key.</param>
    public string? ExplainUnknown(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var path = SettingKeys.Parse(key, Target.Options, isEntry: true);
        return SettingKeys.ProblemOf(path)
            ?? (SettingKeys.IsOfEntry(path) ? $"There is no entry '{ConfigurationKeys.Display(path)}'." : null);
    }

    /// <summary>The path of a key to reset.</summary>
    private string PathOf(string key, RuntimeLayer layer)
    {
        var path = SettingKeys.Parse(key, Target.Options, isEntry: true);
        // A version that knew the key may have set it: then it can be removed.
        return SettingKeys.ProblemOf(path) is not { } problem || layer.Settings.Keys.Any(set => SettingNode.IsAtOrAbove(path, set))
            ? path
            : throw new ConfigurationChangeException(ConfigurationChangeFailure.NotFound, "setting_not_found", [problem]);
    }

    /// <summary>Restores exactly the run-time settings of an earlier version. This makes a new version.</summary>
    /// <param name="version">The version; 0 for no settings.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">The history does not reach back to it, or it is no longer valid.</exception>
    public Task<ConfigurationVersion> RollBackAsync(
        long version, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default) =>
        ChangeAsync("rollback", who, expectedVersion, state => state.Document with { Layer = Find(version).Layer }, cancellationToken);

    /// <summary>
    /// Replaces the configuration in force with a document: the counterpart of <see cref="Export"/>. Settings that are not in it
    /// get their default, or are removed; a masked secret keeps its value.
    /// </summary>
    /// <param name="document">YAML or JSON.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">The import was refused; every problem is named.</exception>
    public Task<ConfigurationVersion> ImportAsync(
        string document, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        var settings = SettingDocument.Parse(document);
        return ChangeAsync("import", who, expectedVersion, state => Imported(state, settings), cancellationToken);
    }

    /// <summary>
    /// Makes a change of the options: the changed ones become run-time settings. With a name, an administrator or client requested it;
    /// without one, it is the host's own code.
    /// </summary>
    internal async ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, string? who, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeAsync(who is null ? Code : "update", who, null, state => Coded(state, change), cancellationToken)
                .ConfigureAwait(false);
            return new() { Applied = true, Generation = Target.Generation };
        }
        catch (ConfigurationChangeException refused)
        {
            return new() { Applied = false, Generation = Target.Generation, Reason = refused.Message };
        }
    }

    private RuntimeDocument Find(long version) => _state.Find(version) ?? throw new ConfigurationChangeException(
        ConfigurationChangeFailure.NotFound, "version_not_found",
        [$"There is no version {version} of the configuration: the history has {(_state.History is [var first, ..]
            ? $"{first.Version.Version} to {_state.Version}, and 0 for nothing set" : "none yet")}."]);

    /// <summary>The version that set a key last, for the display of its source.</summary>
    private ConfigurationVersion? LastChangeOf(string path)
    {
        var key = ConfigurationKeys.Write(path);
        return _state.History.Select(entry => entry.Version).LastOrDefault(
            version => version.Changes.Any(change => change.Key == key || key.StartsWith($"{change.Key}.", StringComparison.Ordinal)));
    }
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;

namespace Switchyard.Configuration.Runtime;

/// <summary>
/// The configuration while the engine runs: what is in force and where each setting comes from, changes of single settings, their history,
/// the way back. The admin API and the command line are thin over this. Thread-safe.
/// </summary>
/// <remarks>
/// What is set here lies over file, environment and code, and stays when the file is reloaded. A change is checked as a whole and made as a
/// whole, or not at all; it holds from the next call on, and calls that run end on what they began with. With a store
/// (<c>storage.ledger</c>) it outlives the process, and other gateways follow.
/// </remarks>
public sealed partial class RuntimeConfiguration : IAsyncDisposable, IDisposable
{
    /// <summary>How many versions are kept: further back there is no way.</summary>
    public const int HistoryLength = 200;

    private readonly IConfigurationStore? _store;
    private readonly IConfigurationListener[] _listeners;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile RuntimeState _state = RuntimeState.Nothing;

    internal RuntimeConfiguration(
        IConfigurationStore? store,
        IEnumerable<IConfigurationListener> listeners,
        TimeProvider time,
        ILogger<RuntimeConfiguration> logger) =>
        (_store, _listeners, _time, _logger) = (store, [.. listeners], time, logger);

    /// <summary>Raised when another configuration has come into force. What a handler throws is logged, and reaches nobody.</summary>
    public event EventHandler<ConfigurationChanged>? Changed;

    /// <summary>The version of what is set at run time; 0 where nothing ever was.</summary>
    public long Version => _state.Version;

    /// <summary>Whether changes outlive the process.</summary>
    public bool IsKept => _store is not null;

    /// <summary>What changes are put in force in. Set once, by the engine.</summary>
    internal IConfigurationTarget Target { get; set; } = null!;

    /// <summary>A copy of the configuration in force. Changing it has no effect.</summary>
    public SwitchyardOptions Get() => Target.Options.Copy();

    /// <summary>Every setting in force, and where it comes from; secrets are masked.</summary>
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

    /// <summary>The configuration in force as the file has it, in YAML, without what holds by default; secrets are masked.</summary>
    public string Export()
    {
        var tree = new SettingTree();
        foreach (var setting in new SettingView(Target.Options, Target.Runtime.Layer).Settings.Where(setting => !setting.IsDefault))
            tree.Put(setting.Path, setting.Value);
        return SettingYaml.Write(tree.Root);
    }

    /// <summary>The last versions, newest first.</summary>
    public IReadOnlyList<ConfigurationVersion> GetHistory() => [.. _state.History.Select(entry => entry.Version).Reverse()];

    /// <summary>What is set at run time otherwise by one version than by another, secrets masked.</summary>
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
                    ConfigurationKeys.Display(path),
                    SettingView.Masked(path, before.GetValueOrDefault(path)),
                    SettingView.Masked(path, after.GetValueOrDefault(path)))),
        ];
    }

    /// <summary>Changes settings: those named, all or none. What is not named keeps its value.</summary>
    /// <param name="settings">
    /// Values by key, in the names and the writing of the file: <c>cache.ttl</c> to <c>2h</c>. Null takes a setting away: its default
    /// holds.
    /// </param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null changes whichever it is.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>The new version, or the newest where nothing is another than before.</returns>
    /// <exception cref="ConfigurationChangeException">It was not made, and why: every problem is named.</exception>
    public Task<ConfigurationVersion> UpdateAsync(
        IReadOnlyDictionary<string, string?> settings, string? who = null, long? expectedVersion = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var document = new JsonObject(settings.Select(setting =>
            KeyValuePair.Create(setting.Key, setting.Value is null ? null : (JsonNode?)JsonValue.Create(setting.Value))));
        return UpdateAsync(document, who, expectedVersion, cancellationToken);
    }

    /// <summary>Changes settings: those that a document names, all or none. Its keys are nested, or joined by dots.</summary>
    /// <inheritdoc cref="UpdateAsync(IReadOnlyDictionary{string, string?}, string?, long?, CancellationToken)"/>
    public Task<ConfigurationVersion> UpdateAsync(
        JsonObject settings, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ChangeAsync("update", who, expectedVersion, state => Updated(state, settings), cancellationToken);
    }

    /// <summary>Changes settings: those that a text names in YAML or JSON, all or none.</summary>
    /// <inheritdoc cref="UpdateAsync(IReadOnlyDictionary{string, string?}, string?, long?, CancellationToken)"/>
    public Task<ConfigurationVersion> UpdateAsync(
        string document, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        return UpdateAsync(SettingDocument.Parse(document), who, expectedVersion, cancellationToken);
    }

    /// <summary>Forgets what was set at run time: what file, environment and code say holds again.</summary>
    /// <param name="keys">Settings, sections or entries; null for all.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null changes whichever it is.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">It was not made, and why.</exception>
    public Task<ConfigurationVersion> ResetAsync(
        IEnumerable<string>? keys = null, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        var all = keys?.ToArray();
        return ChangeAsync("reset", who, expectedVersion, state => state.Document with
        {
            Layer = all is null
                ? RuntimeLayer.Empty
                : state.Document.Layer.Without(all.Select(key => SettingKeys.Parse(key, Target.Options, isEntry: true))),
        }, cancellationToken);
    }

    /// <summary>Sets what was set at run time in an earlier version, and nothing else. It is a version of its own.</summary>
    /// <param name="version">The version; 0 for nothing set.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null changes whichever it is.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">The history does not reach back to it, or it cannot work any more.</exception>
    public Task<ConfigurationVersion> RollBackAsync(
        long version, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default) =>
        ChangeAsync("rollback", who, expectedVersion, state => state.Document with { Layer = Find(version).Layer }, cancellationToken);

    /// <summary>
    /// Makes the configuration in force what a document says, and nothing else: the counterpart of <see cref="Export"/>. What it does not
    /// name has its default, or is gone; a masked secret stays as it is.
    /// </summary>
    /// <param name="document">YAML or JSON.</param>
    /// <param name="who">Who does it, for the history; null says <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null changes whichever it is.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">It was not made, and why: every problem is named.</exception>
    public Task<ConfigurationVersion> ImportAsync(
        string document, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        var settings = SettingDocument.Parse(document);
        return ChangeAsync("import", who, expectedVersion, state => Imported(state, settings), cancellationToken);
    }

    /// <summary>
    /// Makes a change of the options: what is another afterwards is set at run time. Whoever is named has asked for it from outside; code
    /// that nobody is named for is the host's own.
    /// </summary>
    internal async ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, string? who, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeAsync(who is null ? Code : "update", who, null, state => Coded(state, change), cancellationToken)
                .ConfigureAwait(false);
            return new(true, Target.Generation);
        }
        catch (ConfigurationChangeException refused)
        {
            return new(false, Target.Generation, refused.Message);
        }
    }

    private RuntimeDocument Find(long version) => _state.Find(version) ?? throw new ConfigurationChangeException(
        ConfigurationChangeFailure.NotFound, "version_not_found",
        [$"There is no version {version} of the configuration: the history has {(_state.History is [var first, ..]
            ? $"{first.Version.Version} to {_state.Version}, and 0 for nothing set" : "none yet")}."]);

    /// <summary>The version that set a key last, for whoever asks where a setting comes from.</summary>
    private ConfigurationVersion? LastChangeOf(string path)
    {
        var key = ConfigurationKeys.Display(path);
        return _state.History.Select(entry => entry.Version).LastOrDefault(
            version => version.Changes.Any(change => change.Key == key || key.StartsWith($"{change.Key}.", StringComparison.Ordinal)));
    }
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;

namespace Switchyard.Configuration.Runtime;

/// <content>The steps of a change.</content>
public sealed partial class RuntimeConfiguration
{
    // Of several writers without an expected version one always succeeds, so each failed try is another writer's success.
    private const int MostTries = 20;
    private const string Code = "code";
    private const int LongestName = 100;

    private async Task<ConfigurationVersion> ChangeAsync(
        string action, string? who, long? expected, Func<RuntimeState, RuntimeDocument> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var tries = 1; ; tries++)
            {
                await ReadStoreAsync(cancellationToken).ConfigureAwait(false);
                var state = _state;
                if (expected is { } version && version != state.Version)
                    throw Moved(version, state.Version);
                var next = change(state);
                if (await PutAsync(state, next, action, Name(who), cancellationToken).ConfigureAwait(false) is { } made)
                    return made;
                // Another gateway wrote the next version first.
                if (tries == MostTries)
                    throw Moved(state.Version, _state.Version);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <returns>The version in force; null if another gateway was first.</returns>
    private async Task<ConfigurationVersion?> PutAsync(
        RuntimeState state, RuntimeDocument next, string action, string who, CancellationToken cancellationToken)
    {
        var same = next.Layer.IsSameAs(state.Document.Layer)
            && (next.Canary is null ? state.Document.Canary is null : next.Canary.IsSameAs(state.Document.Canary));
        // A change by code that changes no setting still rebuilds the configuration.
        if (same && action != Code)
            return NewestOf(state, who) with { Changes = [] };
        Check(next);
        if (action != Code)
            RefuseLockout(next.Layer);
        var before = new SettingView(Target.Options, Target.Runtime.Layer);
        RuntimeState? after = null;
        var lost = false;
        var outcome = await Target.PutAsync(
            new(same ? state.Version : state.Version + 1, next.Layer, next.Canary), same ? null : CommitAsync, cancellationToken)
            .ConfigureAwait(false);
        if (lost)
            return null;
        if (!outcome.Applied)
            throw Invalid([outcome.Reason ?? "The settings are not valid."]);
        _state = after ?? state;
        _problem = null;
        return NewestOf(_state, who);

        async Task<string?> CommitAsync(SwitchyardOptions options, CancellationToken stop)
        {
            var document = next with { Changes = SettingView.Between(before, new(options, next.Layer)) };
            var stored = new StoredConfiguration
            {
                Version = state.Version + 1,
                At = _time.GetUtcNow(),
                Who = who,
                Action = action,
                Document = document.ToJson(),
            };
            lost = _store is not null && !await WriteAsync(stored, stop).ConfigureAwait(false);
            if (lost)
                return "another gateway changed the configuration first";
            after = state.With(stored, document);
            return null;
        }
    }

    private RuntimeDocument Updated(RuntimeState state, JsonObject document)
    {
        var problems = new List<string>();
        var view = new SettingView(Target.Options, Target.Runtime.Layer);
        var settings = SettingDocument.Read(document, Target.Options, problems);
        // A value that is sent back as displayed is not meant to be changed.
        var meant = view.Restore(settings, problems).Where(setting => !view.IsShown(setting.Key, settings[setting.Key]));
        var layer = state.Document.Layer.With(meant, Target.Written);
        Refuse(settings.Keys, layer, problems);
        return state.Document with { Layer = layer };
    }

    private RuntimeDocument Imported(RuntimeState state, JsonObject document)
    {
        var problems = new List<string>();
        var view = new SettingView(Target.Options, Target.Runtime.Layer);
        var settings = view.Restore(SettingDocument.Read(document, Target.Options, problems), problems);
        var wanted = new SwitchyardOptions();
        problems.AddRange(Texts(RuntimeLayer.Of(settings).ApplyTo(wanted)));
        var changes = SettingDiff.Between(OptionSettings.Written(Target.Written), OptionSettings.Written(wanted))
            // Each process has its own settings of addresses and stores; those of another process do not matter.
            .Where(change => !RestartKeys.Contains(change.Key));
        var layer = RuntimeLayer.Empty.With(changes, Target.Written);
        Refuse([], layer, problems);
        return state.Document with { Layer = layer };
    }

    private RuntimeDocument Coded(RuntimeState state, Action<SwitchyardOptions> change)
    {
        var wanted = Target.Options.Copy();
        change(wanted);
        if (Target.FindErrors(wanted) is { Count: > 0 } errors)
            throw Invalid(errors);
        var changes = SettingDiff.Between(OptionSettings.Written(Target.Options), OptionSettings.Written(wanted));
        return state.Document with { Layer = state.Document.Layer.With(changes, Target.Written) };
    }

    /// <summary>Finds all problems, so that a client that sent ten keys gets the problems of all of them.</summary>
    private void Refuse(IEnumerable<string> named, RuntimeLayer layer, List<string> problems)
    {
        problems.AddRange(named.Where(RestartKeys.Contains).Select(path =>
            $"'{ConfigurationKeys.Display(path)}' is read only at the start: set it in the file or the environment, and restart."));
        if (layer.Settings.Count > RuntimeLayer.MostSettings)
            problems.Add($"More than {RuntimeLayer.MostSettings} settings are set at run time: write them into the file.");
        var options = Target.Written.Copy();
        problems.AddRange(Texts(layer.ApplyTo(options)));
        problems.AddRange(options.Tuned.Keys.Where(name => !Target.KnowsProvider(name))
            .Select(name => $"There is no provider '{ConfigurationKeys.Shorten(name)}': GET /admin/providers lists them."));
        problems.AddRange(Target.FindErrors(options));
        problems.AddRange(Target.FindUnknownProviders(options));
        if (problems.Count > 0)
            throw Invalid([.. problems.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>
    /// Refuses to remove the last administrator: run-time settings are kept over restarts and override the file, so that no request and no
    /// file could take the change back.
    /// </summary>
    private void RefuseLockout(RuntimeLayer layer)
    {
        if (!LocksOut(layer))
            return;
        throw Invalid(
        [
            "admin: without admin.key, a key of admin.keys with the role admin, or admin.oidc, no one could undo this change. "
                + "A document that is imported keeps the key with admin: { key: '********' }. Only the file can switch the admin API off.",
        ]);
    }

    /// <summary>Whether settings would remove the last administrator.</summary>
    private bool LocksOut(RuntimeLayer layer)
    {
        if (!Target.Options.Admin.HasAdministrator)
            return false;
        var options = Target.Written.Copy();
        layer.ApplyTo(options);
        return !options.Admin.HasAdministrator;
    }

    /// <summary>Refuses secrets: any reader of the database would find one in the store.</summary>
    private void Check(RuntimeDocument next)
    {
        if (_store is null)
            return;
        var secrets = next.Layer.Settings.Concat(next.Canary?.Layer.Settings ?? new Dictionary<string, JsonNode?>())
            .Where(setting => !JsonNode.DeepEquals(SettingView.Masked(setting.Key, setting.Value), setting.Value))
            .Select(setting => ConfigurationKeys.Display(setting.Key)).Distinct(StringComparer.Ordinal).ToList();
        if (secrets.Count > 0)
        {
            throw new ConfigurationChangeException(ConfigurationChangeFailure.Invalid, "secret_not_kept", [.. secrets.Select(key =>
                $"'{key}' is a secret, and what is set at run time is kept in the database (storage.ledger): "
                + "write a reference to it (secret://NAME), or set it in the file.")]);
        }
    }

    private static IEnumerable<string> Texts(IEnumerable<ConfigurationProblem> problems) => problems
        .Where(problem => problem.Severity == ProblemSeverity.Error)
        .Select(problem => ConfigurationKeys.Sentence(problem.Message));

    private static ConfigurationVersion NewestOf(RuntimeState state, string who) =>
        state.History is [.., var newest] ? newest.Version
            : new() { Version = 0, At = DateTimeOffset.UnixEpoch, Who = who, Action = "none", Changes = [] };

    private static string Name(string? who) => string.IsNullOrWhiteSpace(who) ? Code
        : who.Trim() is var name && name.Length > LongestName ? name[..LongestName] : who.Trim();

    private static ConfigurationChangeException Invalid(IReadOnlyList<string> problems) =>
        new(ConfigurationChangeFailure.Invalid, "invalid_configuration", problems);

    private static ConfigurationChangeException Moved(long expected, long version) => new(
        ConfigurationChangeFailure.Moved, "changed_meanwhile",
        [$"The configuration is at version {version}, not {expected}: it was changed meanwhile. Read it again, and repeat the change."]);

    /// <summary>Notifies the listeners of another configuration in force.</summary>
    internal void Announce(
        (SwitchyardOptions Options, RuntimeInForce Runtime)? before,
        (SwitchyardOptions Options, RuntimeInForce Runtime) after,
        long generation)
    {
        if (before is not { } old || (_listeners.Length == 0 && Changed is null))
            return;
        var changed = new ConfigurationChanged
        {
            Generation = generation,
            Version = after.Runtime.Version,
            Changes = SettingView.Between(new(old.Options, old.Runtime.Layer), new(after.Options, after.Runtime.Layer)),
        };
        foreach (var listener in _listeners)
            Notify(listener.OnChanged, changed);
        foreach (var handler in Delegate.EnumerateInvocationList(Changed))
            Notify(raised => handler(this, raised), changed);
    }

    private void Notify(Action<ConfigurationChanged> notify, ConfigurationChanged changed)
    {
        try
        {
            notify(changed);
        }
        catch (Exception e)
        {
            LogListenerFailed(e);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A listener of the configuration failed")]
    private partial void LogListenerFailed(Exception cause);
}

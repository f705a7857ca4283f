using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <content>The canary: a candidate configuration for a share of the calls.</content>
public sealed partial class RuntimeConfiguration
{
    // The settings that route and time calls. Everything else is shared by all calls: connections, counters, stores.
    private static readonly string[] s_triable =
        ["models", "routing", "timeouts", "retry", "circuit", "prices", "strict", "default_provider"];

    private static readonly string[] s_shared = ["timeouts:connect", "routing:concurrency", "routing:queue", "routing:queue_wait"];

    /// <summary>The current candidate, and its results in this process; null if there is none.</summary>
    public CanaryStatus? Canary
    {
        get
        {
            if (Target.Runtime.Canary is not { } plan)
                return null;
            var (generation, stable, candidate) = Target.ReadCanary();
            var settings = plan.Layer.Settings;
            var view = new SettingView(Target.Options, Target.Runtime.Layer);
            return new()
            {
                Share = plan.Share,
                Seed = plan.Seed,
                Generation = generation,
                Changes =
                [
                    .. settings.Where(setting => setting.Value is not JsonObject).Select(setting => new ConfigurationChange(
                        ConfigurationKeys.Write(setting.Key), view.Find(setting.Key)?.DeepClone(),
                        SettingView.Masked(setting.Key, setting.Value))),
                ],
                Stable = stable,
                Candidate = candidate,
            };
        }
    }

    /// <summary>
    /// Tries settings on a share of the calls: they run on the configuration in force with these settings over it; all others are
    /// unaffected. Answers show it in <c>x-switchyard-config</c>. An earlier candidate is replaced.
    /// </summary>
    /// <param name="settings">As for an update: aliases, <c>routing</c>, <c>timeouts</c>, <c>retry</c>, <c>circuit</c>,
    /// <c>prices</c>.</param>
    /// <param name="share">The share of the calls, above 0 and at most 1.</param>
    /// <param name="seed">Decides which calls: the same seed gives the same ones; null draws one.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">The canary was refused; every problem is named.</exception>
    public Task<ConfigurationVersion> StartCanaryAsync(
        JsonObject settings, double share, long? seed = null, string? who = null, long? expectedVersion = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        CheckShare(share);
        var drawn = seed ?? Random.Shared.NextInt64(1L << 53);
        return ChangeAsync("canary", who, expectedVersion, state => Tried(state, settings, share, drawn), cancellationToken);
    }

    /// <summary>Changes the candidate's share of the calls.</summary>
    /// <param name="share">The share, above 0 and at most 1.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">There is no candidate.</exception>
    public Task<ConfigurationVersion> SetCanaryShareAsync(
        double share, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        CheckShare(share);
        return ChangeAsync(
            "canary", who, expectedVersion, state => state.Document with { Canary = CanaryOf(state) with { Share = share } },
            cancellationToken);
    }

    /// <summary>Puts the candidate in force for all calls.</summary>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">There is no candidate, or it is no longer valid.</exception>
    public Task<ConfigurationVersion> PromoteCanaryAsync(
        string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            "promote", who, expectedVersion,
            state => new(state.Document.Layer.With(CanaryOf(state).Layer.Settings, Target.Written), null, []), cancellationToken);

    /// <summary>Ends the trial: all calls run on the configuration in force.</summary>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <exception cref="ConfigurationChangeException">There is no candidate.</exception>
    public Task<ConfigurationVersion> AbandonCanaryAsync(
        string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default) =>
        ChangeAsync("abandon", who, expectedVersion, state =>
        {
            CanaryOf(state);
            return state.Document with { Canary = null };
        }, cancellationToken);

    private RuntimeDocument Tried(RuntimeState state, JsonObject settings, double share, long seed)
    {
        var problems = new List<string>();
        var view = new SettingView(Target.Options, Target.Runtime.Layer);
        var read = SettingDocument.Read(settings, Target.Options, problems);
        var meant = view.Restore(read, problems).Where(setting => !view.IsShown(setting.Key, read[setting.Key])).ToList();
        problems.AddRange(meant.Where(setting => !IsTriable(setting.Key)).Select(setting =>
            $"'{ConfigurationKeys.Display(setting.Key)}' applies to all calls at once and cannot be tried on a share of them; "
            + $"a canary tries {string.Join(", ", s_triable)}."));
        problems.AddRange(meant.Where(setting => IsCompared(setting.Key)).Select(setting =>
            $"'{ConfigurationKeys.Display(setting.Key)}' belongs to an experiment or a shadow, which compare by themselves: "
            + "end it first."));
        if (meant.Count == 0 && problems.Count == 0)
            problems.Add("There is nothing to try: name the settings to change.");
        var layer = state.Document.Layer.With(meant, Target.Written);
        Refuse([], layer, problems);
        return state.Document with { Canary = new(RuntimeLayer.Of(meant), share, seed) };
    }

    private static bool IsTriable(string path) =>
        Array.Exists(s_triable, key => SettingNode.IsAtOrAbove(key, path))
        && !Array.Exists(s_shared, key => SettingNode.IsAtOrAbove(key, path) || SettingNode.IsAtOrAbove(path, key));

    /// <summary>Whether an alias has, or gets, an experiment or a shadow, whose results all calls share.</summary>
    private bool IsCompared(string path) => path.Split(':') is ["models", var part, ..]
        && (path.Split(':') is [_, _, "experiment" or "shadow", ..]
            || (Target.Options.Models.GetValueOrDefault(ConfigurationKeys.NameOf(part)) is { } alias
                && (alias.Experiment is not null || alias.Shadow is not null)));

    private static CanaryPlan CanaryOf(RuntimeState state) => state.Document.Canary ?? throw new ConfigurationChangeException(
        ConfigurationChangeFailure.NotFound, "no_canary", ["No canary is running: start one with PUT /admin/config/canary."]);

    private static void CheckShare(double share)
    {
        if (share is not (> 0 and <= 1))
            throw Invalid(["The share of a canary must be above 0% and at most 100%."]);
    }
}

using Switchyard.Calls;
using Switchyard.Guards;
using Switchyard.Pipeline;

namespace Switchyard.Plugins;

/// <summary>The plugins of one configuration and their additions to its pipeline; absent without plugins. Immutable.</summary>
internal sealed class PluginSet(IReadOnlyList<LoadedPlugin> plugins)
{
    public static readonly SectionKey<PluginSet> Section = new();

    public IReadOnlyList<LoadedPlugin> Plugins => plugins;

    /// <summary>The guards they add.</summary>
    public IReadOnlyList<(string Name, IGuard Guard)> Guards => [.. plugins.SelectMany(plugin => plugin.Guards)];

    /// <summary>The section; null without a plugin.</summary>
    public static PluginSet? Of(IReadOnlyList<LoadedPlugin> plugins) => plugins.Count == 0 ? null : new(plugins);

    /// <summary>The steps at a place; those of the plugin loaded first are the outermost.</summary>
    public static IEnumerable<ICallMiddleware> At(CallSections sections, StagePlace place) =>
        sections.Find(Section)?.Plugins.SelectMany(plugin => plugin.At(place)) ?? [];

    /// <summary>Wraps the observer of calls to notify the plugins' sinks, if there are any.</summary>
    public static ICallObserver Around(ICallObserver observer, CallSections sections) =>
        sections.Find(Section)?.Plugins.SelectMany(plugin => plugin.Sinks).ToArray() is { Length: > 0 } sinks
            ? new SinkObserver(observer, sinks)
            : observer;

    private sealed class SinkObserver(ICallObserver inner, PluginSink[] sinks) : ICallObserver
    {
        public void OnAttemptEnded(ModelCall call, Attempt attempt) => inner.OnAttemptEnded(call, attempt);

        public void OnCallEnded(ModelCall call, CallResponse response)
        {
            inner.OnCallEnded(call, response);
            var record = new CallRecord(call, Completion.OutcomeOf(response), response.Error);
            foreach (var sink in sinks)
                sink.Add(record);
        }
    }
}

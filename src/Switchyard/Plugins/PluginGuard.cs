using Switchyard.Calls;
using Switchyard.Guards;

namespace Switchyard.Plugins;

/// <summary>
/// A plugin's guard, bounded: if it throws or is too slow, the text passes or the call is refused, by the plugin's terms. Thread-safe.
/// </summary>
internal sealed class PluginGuard(LoadedPlugin plugin, PluginPart<IGuard> guard) : IGuard
{
    public async ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        if (plugin.Record.IsOff || guard.Value is not { } inner)
            return Without();
        try
        {
            // A copy, because the list is masked in place while this guard may still be running; the caller copies the verdict's matches.
            var own = subject with { Texts = [.. subject.Texts] };
            var verdict = await PluginRun.WithinAsync(plugin, plugin.Terms.Timeout, () => inner.InspectAsync(own, cancellationToken))
                .ConfigureAwait(false);
            plugin.Record.Succeed();
            return verdict ?? GuardVerdict.Pass;
        }
        catch (TimeoutException)
        {
            plugin.Fail("its guard", PluginTrouble.TooSlow, null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            plugin.Fail("its guard", PluginTrouble.Threw, e);
        }

        return Without();
    }

    private GuardVerdict Without() => plugin.Terms.FailsClosed ? throw new CallException(plugin.Refusal()) : GuardVerdict.Unseen;
}

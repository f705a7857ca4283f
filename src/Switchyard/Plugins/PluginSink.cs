using System.Threading.Channels;
using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Plugins;

/// <summary>
/// A plugin's sink, outside the path of calls: records wait in a bounded queue, from which the sink receives them in order. Records that do
/// not fit are dropped and counted. Thread-safe.
/// </summary>
internal sealed class PluginSink(LoadedPlugin plugin, PluginPart<ICallSink> sink)
{
    private const int MostWaiting = 1024;
    private const int MostAtOnce = 32;

    private readonly Channel<CallRecord> _waiting = Channel.CreateBounded<CallRecord>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private Task _telling = Task.CompletedTask;

    /// <summary>Starts delivery. Called once.</summary>
    public void Begin() => _telling = TellAsync();

    /// <summary>Enqueues the record of an ended call. Never waits.</summary>
    public void Add(CallRecord record)
    {
        if (plugin.Record.IsOff || !_waiting.Writer.TryWrite(record))
            plugin.Record.Lose();
    }

    /// <summary>Accepts no further records, and completes when the queue is delivered.</summary>
    public Task EndAsync()
    {
        _waiting.Writer.TryComplete();
        return _telling;
    }

    private async Task TellAsync()
    {
        var records = new List<CallRecord>(MostAtOnce);
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (records.Count < MostAtOnce && _waiting.Reader.TryRead(out var record))
                records.Add(record);
            await TellAsync([.. records]).ConfigureAwait(false);
            records.Clear();
        }
    }

    /// <summary>Delivers several at once, because a thread switch costs more than the work of most sinks.</summary>
    private async Task TellAsync(CallRecord[] records)
    {
        var delivered = 0;
        try
        {
            if (!plugin.Record.IsOff)
            {
                await PluginRun.WithinAsync(plugin, plugin.Terms.Timeout, () =>
                {
                    for (; delivered < records.Length; delivered++)
                        sink.Value?.OnCallEnded(records[delivered]);
                    return new ValueTask<bool>(true);
                }).ConfigureAwait(false);
                plugin.Record.Succeed();
            }
        }
        catch (TimeoutException)
        {
            plugin.Fail("its sink", PluginTrouble.TooSlow, null);
        }
        catch (Exception e)
        {
            plugin.Fail("its sink", PluginTrouble.Threw, e);
        }

        for (var lost = Volatile.Read(ref delivered); lost < records.Length; lost++)
            plugin.Record.Lose();
    }
}

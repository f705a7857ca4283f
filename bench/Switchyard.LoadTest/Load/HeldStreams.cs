using System.Diagnostics;

namespace Switchyard.LoadTest.Load;

/// <summary>
/// Opens many slow streams and keeps them open, reading their frames, until cancelled. Opening is spread out: the measurement is the
/// memory of open streams, not of a burst of connections.
/// </summary>
internal sealed class HeldStreams(int port, byte[] request, int count)
{
    private const int OpenedPerMillisecond = 1;

    private readonly TaskCompletionSource _allOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when each stream has delivered its first frame.</summary>
    public Task AllOpen => _allOpen.Task;

    /// <summary>Returns whether every stream was still open at the end.</summary>
    public bool Run(CancellationToken letGo)
    {
        var connections = new LoadConnection[count];
        var flowing = new bool[count];
        var buffer = new byte[64 * 1024];
        using var epoll = new Epoll(count);
        var clock = Stopwatch.StartNew();
        var opened = 0;
        var flowingCount = 0;
        try
        {
            while (!letGo.IsCancellationRequested)
            {
                for (; opened < count && opened < clock.ElapsedMilliseconds * OpenedPerMillisecond; opened++)
                {
                    connections[opened] = new LoadConnection(port);
                    epoll.Watch(connections[opened].Socket, opened);
                    connections[opened].Send(request);
                }

                var ready = epoll.Wait(timeoutMilliseconds: opened < count ? 1 : 50);
                for (var i = 0; i < ready; i++)
                {
                    var tag = epoll.Tag(i);
                    if (connections[tag].Receive(buffer)) throw new BadAnswerException("a stream ended while it was to be held");
                    if (flowing[tag] || connections[tag].Answer.Frames == 0) continue;
                    flowing[tag] = true;
                    if (++flowingCount == count) _allOpen.SetResult();
                }
            }

            return flowingCount == count;
        }
        catch (BadAnswerException e)
        {
            _allOpen.TrySetException(e);
            throw;
        }
        finally
        {
            foreach (var connection in connections) connection?.Dispose();
        }
    }
}

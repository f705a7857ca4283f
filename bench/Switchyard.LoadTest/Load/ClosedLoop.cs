using System.Diagnostics;

namespace Switchyard.LoadTest.Load;

/// <summary>
/// A number of connections, each sending its next request as soon as its answer is complete. When the time is over no request is sent
/// any more and running ones are read to their end, so that no subject pays for broken connections in its figures.
/// </summary>
internal sealed class ClosedLoop(LoadPlan plan)
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly LoadConnection?[] _connections = new LoadConnection?[plan.Connections];
    private readonly Stopwatch _clock = new();
    private long _answers;
    private long _frames;
    private long _failures;
    private int _started;
    private int _busy;
    private string? _firstFailure;

    public LoadResult Run(CancellationToken cancelled)
    {
        using var epoll = new Epoll(Math.Max(plan.Connections, 1));
        try
        {
            _clock.Start();
            while (!IsOver(cancelled))
            {
                StartDue(epoll);
                var ready = epoll.Wait(timeoutMilliseconds: _started < plan.Connections ? 1 : 100);
                for (var i = 0; i < ready; i++) Receive(epoll, epoll.Tag(i));
            }

            return new LoadResult(_answers, _frames, _failures, _firstFailure, _clock.Elapsed);
        }
        finally
        {
            foreach (var connection in _connections) connection?.Dispose();
        }
    }

    private bool IsTimeToStop => _clock.Elapsed >= plan.Duration || _answers >= plan.MaxAnswers || _failures >= plan.MaxFailures;

    private bool IsOver(CancellationToken cancelled) =>
        cancelled.IsCancellationRequested || IsTimeToStop && (_busy == 0 || _clock.Elapsed >= plan.Duration + DrainLimit);

    // Starts are spread over the ramp: streams that began together would stay in step and arrive in bursts.
    private void StartDue(Epoll epoll)
    {
        while (_started < plan.Connections && !IsTimeToStop && _clock.Elapsed >= plan.Ramp * _started / plan.Connections)
            Open(epoll, _started++);
    }

    private void Open(Epoll epoll, int index)
    {
        var connection = new LoadConnection(plan.Port);
        _connections[index] = connection;
        epoll.Watch(connection.Socket, index);
        connection.Send(plan.Request);
        _busy++;
    }

    private void Receive(Epoll epoll, int index)
    {
        var connection = _connections[index]!;
        try
        {
            if (!connection.Receive(_buffer)) return;
            _busy--;
            Count(connection.Answer);
            if (IsTimeToStop) return;
            connection.Send(plan.Request);
            _busy++;
        }
        catch (BadAnswerException e)
        {
            if (connection.IsBusy) _busy--;
            Fail(e.Message);
            connection.Dispose();
            if (!IsTimeToStop) Open(epoll, index);
        }
    }

    private void Count(ResponseParser answer)
    {
        if (answer.Status != 200)
        {
            Fail(FormattableString.Invariant($"status {answer.Status}"));
        }
        else if (answer.Frames != plan.FramesExpected)
        {
            Fail(FormattableString.Invariant($"{answer.Frames} frames instead of {plan.FramesExpected}"));
        }
        else
        {
            _answers++;
            _frames += answer.Frames;
        }
    }

    private void Fail(string why)
    {
        _failures++;
        _firstFailure ??= why;
    }
}

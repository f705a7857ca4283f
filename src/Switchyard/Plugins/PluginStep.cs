using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Plugins;

/// <summary>
/// A plugin's step around calls, with a time limit. Only the plugin's own time counts, not the rest of the call in between, which runs on
/// the call's own flow. If the plugin throws, or does not return in time, the call continues without it or is refused, by its terms. A
/// <see cref="CallException"/> is not a failure: a step throws it to refuse a call. Thread-safe.
/// </summary>
internal sealed class PluginStep(LoadedPlugin plugin, PluginPart<ICallMiddleware> step) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (plugin.Record.IsOff || step.Value is not { } inner)
            return plugin.Terms.FailsClosed ? new(new FailedResponse(plugin.Refusal())) : next(call);
        return RunAsync(new Visit(plugin, inner, call), call, next);
    }

    private async ValueTask<CallResponse> RunAsync(Visit visit, ModelCall call, CallHandler next)
    {
        CallResponse? given = null;
        var left = plugin.Terms.Timeout;
        visit.Begin();
        while (true)
        {
            var began = plugin.Time.GetTimestamp();
            Turn turn;
            try
            {
                turn = await visit.TurnAsync().WaitAsync(left, plugin.Time).ConfigureAwait(false);
            }
            catch (TimeoutException) when (visit.TryAbandon())
            {
                HoldBody(call, visit);
                plugin.Fail("its step around calls", PluginTrouble.TooSlow, null);
                return await WithoutAsync(visit, call, next, given).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // It returned at the last moment.
                turn = await visit.TurnAsync().ConfigureAwait(false);
            }

            left -= plugin.Time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                left = TimeSpan.FromMilliseconds(1);
            switch (turn)
            {
                case { Answer: { } answer }:
                    plugin.Record.Succeed();
                    return answer;
                case { Thrown: { } thrown } when IsOwn(thrown, call, visit):
                    plugin.Fail("its step around calls", PluginTrouble.Threw, thrown);
                    return await WithoutAsync(visit, call, next, given).ConfigureAwait(false);
                case { Thrown: CallException refusal }:
                    if (given is not null)
                        await given.DisposeAsync().ConfigureAwait(false);
                    // Without the plugin's stack trace, which would hold its code.
                    return new FailedResponse(refusal.Error with { Cause = null });
                case { Thrown: { } thrown }:
                    throw thrown is OperationCanceledException ? new OperationCanceledException(call.Aborted) : thrown;
                default:
                    given = await NextAsync(visit, call, next).ConfigureAwait(false);
                    break;
            }
        }
    }

    private static async ValueTask<CallResponse?> NextAsync(Visit visit, ModelCall call, CallHandler next)
    {
        try
        {
            var answer = await next(call).ConfigureAwait(false);
            visit.Give(answer);
            return answer;
        }
        catch (Exception e)
        {
            visit.GiveUp(e);
            return null;
        }
    }

    /// <summary>Continues the call without the plugin, or refuses it.</summary>
    private async ValueTask<CallResponse> WithoutAsync(Visit visit, ModelCall call, CallHandler next, CallResponse? given)
    {
        if (plugin.Terms.FailsClosed)
        {
            if (given is not null)
                await given.DisposeAsync().ConfigureAwait(false);
            return new FailedResponse(plugin.Refusal());
        }

        // A failure of the rest of the pipeline is not the plugin's, so the rest is not run twice.
        if (visit.ThrownByNext is { } thrown)
            throw thrown;

        // An answer that the plugin has disposed cannot be used.
        return given is { IsDisposed: false } ? given : await next(call).ConfigureAwait(false);
    }

    private static bool IsOwn(Exception thrown, ModelCall call, Visit visit) =>
        thrown is not CallException && !ReferenceEquals(thrown, visit.ThrownByNext)
        && !(thrown is OperationCanceledException && call.Aborted.IsCancellationRequested);

    /// <summary>Holds the body's bytes: a plugin that returns after the call may still read them, so they must not be reused.</summary>
    private static void HoldBody(ModelCall call, Visit visit)
    {
        if (call.Body.Wire is { } bytes && bytes.TryHold())
            _ = visit.Ended.ContinueWith(
                static (_, held) => ((Common.PooledBytes)held!).Release(),
                bytes,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
    }

    /// <summary>The plugin's next action: it answers, it throws, or it runs the rest of the pipeline.</summary>
    private readonly record struct Turn(CallResponse? Answer, Exception? Thrown);

    /// <summary>One run of the step. The plugin and the call meet here, in turns.</summary>
    private sealed class Visit(LoadedPlugin plugin, ICallMiddleware step, ModelCall call)
    {
        // Null when it has returned: code that continues after the call may run on top of this frame for a long time.
        private ICallMiddleware? _step = step;
        private readonly Lock _gate = new();
        private TaskCompletionSource<Turn> _turn = NewTurn();
        private TaskCompletionSource<CallResponse>? _wanted;
        private bool _isAbandoned;

        /// <summary>The exception of the rest of the pipeline, which is not the plugin's failure if it rethrows it.</summary>
        public Exception? ThrownByNext { get; private set; }

        /// <summary>Completes when the plugin has returned, however late.</summary>
        public Task Ended { get; private set; } = Task.CompletedTask;

        public void Begin() => Ended = PluginRun.Begin(plugin, async () =>
        {
            try
            {
                var answer = await _step!.InvokeAsync(call, NextAsync).ConfigureAwait(false);
                Tell(answer is null ? new(null, new InvalidOperationException("It returned no answer.")) : new(answer, null));
            }
            catch (Exception e)
            {
                Tell(new(null, e));
            }
            finally
            {
                _step = null;
            }

            return true;
        });

        public Task<Turn> TurnAsync()
        {
            lock (_gate)
                return _turn.Task;
        }

        /// <summary>Abandons the run: the call continues without it.</summary>
        /// <returns>False if it has just returned.</returns>
        public bool TryAbandon()
        {
            lock (_gate)
            {
                if (_turn.Task.IsCompleted)
                    return false;
                return _isAbandoned = true;
            }
        }

        public void Give(CallResponse answer) => Take().SetResult(answer);

        public void GiveUp(Exception thrown)
        {
            ThrownByNext = thrown;
            Take().SetException(thrown);
        }

        private static TaskCompletionSource<Turn> NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private TaskCompletionSource<CallResponse> Take()
        {
            lock (_gate)
            {
                var wanted = _wanted!;
                (_wanted, _turn) = (null, NewTurn());
                return wanted;
            }
        }

        private ValueTask<CallResponse> NextAsync(ModelCall same)
        {
            lock (_gate)
            {
                if (_isAbandoned || _wanted is not null || _turn.Task.IsCompleted)
                    throw new InvalidOperationException("The call no longer waits for this step.");
                _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _turn.SetResult(default);
                return new(_wanted.Task);
            }
        }

        private void Tell(Turn turn)
        {
            lock (_gate)
            {
                if (!_isAbandoned)
                    _turn.TrySetResult(turn);
            }
        }
    }
}

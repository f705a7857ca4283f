using FsCheck;
using FsCheck.Fluent;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Targets;

/// <summary>A deployment's circuit: when it opens, its single probe, and that no order of events blocks it for ever.</summary>
public sealed class CircuitBreakerTests
{
    private static readonly CircuitPolicy s_policy = new();

    private readonly DeploymentState _state = new();
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    [Covers("S002-73")]
    public void Five_failures_in_a_row_open_it_for_sixty_seconds()
    {
        for (var i = 0; i < 4; i++)
            Fail();
        Assert.Equal(CircuitState.Closed, State);

        Fail();

        Assert.Equal(CircuitState.Open, State);
        Assert.Equal(CircuitPass.Refused, _state.Circuit.Enter(_now));
        Assert.Equal(TimeSpan.FromSeconds(60), _state.Circuit.WaitAt(_now));
        _now += TimeSpan.FromSeconds(59.9);
        Assert.Equal(CircuitPass.Refused, _state.Circuit.Enter(_now));
    }

    [Fact]
    [Covers("S002-75")]
    public void A_success_resets_the_count()
    {
        for (var i = 0; i < 20; i++)
        {
            if (i % 5 == 4)
                Succeed();
            else
                Fail();
            if (i == 3)
                Assert.Equal(4, _state.FailuresInARow);
        }

        Assert.Equal(0, _state.FailuresInARow);
    }

    [Fact]
    public void Half_of_twenty_within_thirty_seconds_opens_it()
    {
        for (var i = 0; i < 9; i++)
        {
            Succeed();
            Fail();
        }

        Succeed();
        Assert.Equal(CircuitState.Closed, State);
        Fail();
        Assert.Equal(CircuitState.Open, State);
    }

    [Fact]
    public void Failures_older_than_the_window_do_not_count()
    {
        for (var i = 0; i < 9; i++)
        {
            Succeed();
            Fail();
        }

        _now += TimeSpan.FromSeconds(31);
        Succeed();
        Fail();

        Assert.Equal(CircuitState.Closed, State);
    }

    [Fact]
    [Covers("S002-76")]
    public void After_its_time_exactly_one_attempt_passes_and_its_success_closes_it()
    {
        Open();
        _now += s_policy.Open;
        Assert.Equal(CircuitState.HalfOpen, State);

        Assert.Equal(CircuitPass.Probe, _state.Circuit.Enter(_now));
        Assert.Equal(CircuitPass.Refused, _state.Circuit.Enter(_now));
        End(true, CircuitPass.Probe);

        Assert.Equal(CircuitState.Closed, State);
        Assert.Equal(CircuitPass.Ordinary, _state.Circuit.Enter(_now));
        // The earlier failures are forgotten: it takes five failures again.
        for (var i = 0; i < 4; i++)
            Fail();
        Assert.Equal(CircuitState.Closed, State);
    }

    [Fact]
    [Covers("S002-76")]
    public void A_failed_probe_opens_it_for_as_long_again()
    {
        Open();
        _now += s_policy.Open;
        _state.Circuit.Enter(_now);
        End(false, CircuitPass.Probe);

        Assert.Equal(CircuitState.Open, State);
        _now += s_policy.Open - TimeSpan.FromSeconds(1);
        Assert.Equal(CircuitPass.Refused, _state.Circuit.Enter(_now));
        _now += TimeSpan.FromSeconds(1);
        Assert.Equal(CircuitPass.Probe, _state.Circuit.Enter(_now));
    }

    [Fact]
    [Covers("S002-76")]
    public void A_probe_whose_client_leaves_gives_its_place_back()
    {
        Open();
        _now += s_policy.Open;
        _state.Circuit.Enter(_now);
        End(null, CircuitPass.Probe);

        Assert.Equal(CircuitPass.Probe, _state.Circuit.Enter(_now));
    }

    [Fact]
    public void What_was_sent_before_it_opened_neither_closes_it_nor_keeps_it_open_longer()
    {
        Open();
        var wait = _state.Circuit.WaitAt(_now);
        Succeed();
        _now += TimeSpan.FromSeconds(10);
        Fail();

        Assert.Equal(CircuitState.Open, State);
        Assert.Equal(wait - TimeSpan.FromSeconds(10), _state.Circuit.WaitAt(_now));
    }

    [Fact]
    [Covers("S002-76")]
    public void The_states_have_the_values_of_the_gauge()
    {
        Assert.Equal(0, (int)CircuitState.Closed);
        Assert.Equal(1, (int)CircuitState.HalfOpen);
        Assert.Equal(2, (int)CircuitState.Open);
    }

    [Fact]
    public void It_agrees_with_a_model_whatever_happens_in_whatever_order()
    {
        Prop.ForAll<byte[]>(steps =>
        {
            var (breaker, model, now) = (new CircuitBreaker(), new Model(), TimeSpan.FromHours(1));
            var probes = 0;
            foreach (var step in steps ?? [])
            {
                switch (step % 6)
                {
                    case 0:
                        now += TimeSpan.FromSeconds(step / 4);
                        break;
                    case 1:
                        var pass = breaker.Enter(now);
                        if (pass != model.Enter(now))
                            return false;
                        probes += pass == CircuitPass.Probe ? 1 : 0;
                        break;
                    case 2 when probes > 0:
                        breaker.Succeeded(CircuitPass.Probe);
                        model.EndProbe(true, now);
                        probes--;
                        break;
                    case 3 when probes > 0:
                        breaker.Failed(CircuitPass.Probe, trips: false, now, s_policy.Open);
                        model.EndProbe(false, now);
                        probes--;
                        break;
                    case 4 when probes > 0:
                        breaker.Released(CircuitPass.Probe);
                        model.EndProbe(null, now);
                        probes--;
                        break;
                    case 5:
                        breaker.Failed(CircuitPass.Ordinary, trips: true, now, s_policy.Open);
                        model.Trip(now);
                        break;
                }

                if (probes > 1 || breaker.StateAt(now) != model.StateAt(now) || breaker.Admits(now) != model.Admits(now))
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_alone_is_the_probe()
    {
        for (var round = 0; round < 200; round++)
        {
            var breaker = new CircuitBreaker();
            breaker.Failed(CircuitPass.Ordinary, trips: true, _now, TimeSpan.FromSeconds(1));
            var passes = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => Task.Run(() => breaker.Enter(_now + TimeSpan.FromSeconds(1)))));
            Assert.Single(passes, CircuitPass.Probe);
        }
    }

    [Fact]
    public void One_that_was_open_when_circuits_were_switched_off_is_closed_by_what_succeeds()
    {
        Open();

        End(null, CircuitPass.Ordinary, policy: null);
        End(false, CircuitPass.Ordinary, policy: null);
        Assert.Equal(CircuitState.Open, State);
        End(true, CircuitPass.Ordinary, policy: null);

        Assert.Equal(CircuitState.Closed, State);
        Assert.False(_state.Circuit.IsTripped);
        Assert.Equal([true, false], _state.CircuitHistory!.Read().Select(change => change.Opened));
        // Switched on again, it starts from zero.
        Fail();
        Assert.Equal(CircuitState.Closed, State);
    }

    private CircuitState State => _state.Circuit.StateAt(_now);

    private void Open()
    {
        for (var i = 0; i < 5; i++)
            Fail();
        Assert.Equal(CircuitState.Open, State);
    }

    private void Succeed() => End(true, CircuitPass.Ordinary);

    private void Fail() => End(false, CircuitPass.Ordinary);

    private void End(bool? verdict, CircuitPass pass) => End(verdict, pass, s_policy);

    private void End(bool? verdict, CircuitPass pass, CircuitPolicy? policy)
    {
        _state.Begin();
        _state.End(verdict, pass, policy, _now);
    }

    /// <summary>The smallest model of a circuit breaker.</summary>
    private sealed class Model
    {
        private TimeSpan? _until;
        private bool _probing;

        public CircuitPass Enter(TimeSpan now)
        {
            if (_until is null)
                return CircuitPass.Ordinary;
            if (!Admits(now))
                return CircuitPass.Refused;
            _probing = true;
            return CircuitPass.Probe;
        }

        public bool Admits(TimeSpan now) => _until is not { } until || (now >= until && !_probing);

        public CircuitState StateAt(TimeSpan now) =>
            _until is not { } until ? CircuitState.Closed : now < until ? CircuitState.Open : CircuitState.HalfOpen;

        public void EndProbe(bool? success, TimeSpan now)
        {
            _probing = false;
            _until = success switch { true => null, false => now + s_policy.Open, null => _until };
        }

        public void Trip(TimeSpan now) => _until ??= now + s_policy.Open;
    }
}

using Microsoft.Extensions.Time.Testing;
using Switchyard.Egress.Exchange;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Egress.Exchange;

/// <summary>The clocks of an attempt in virtual time. A limit is accurate to one tick of the timer wheel.</summary>
public sealed class AttemptClockTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ClockWheel _wheel;

    public AttemptClockTests() => _wheel = new ClockWheel(_time);

    public void Dispose() => _wheel.Dispose();

    [Fact]
    public void The_total_runs_from_the_beginning_whatever_happens_meanwhile()
    {
        using var clock = Clock(total: 10);
        clock.Enter(ClockPhase.Idle, Seconds(4));
        for (var i = 0; i < 9; i++)
        {
            _time.Advance(Seconds(1));
            clock.Touch();
        }

        Assert.Null(clock.Expired);
        _time.Advance(Seconds(1.1));
        Assert.Equal((ClockPhase.Total, Seconds(10)), (clock.Expired, clock.ExpiredLimit));
        Assert.True(clock.Token.IsCancellationRequested);
    }

    [Fact]
    public void The_first_token_has_a_limit_of_its_own()
    {
        using var clock = Clock();
        clock.Enter(ClockPhase.FirstToken, Seconds(30));
        _time.Advance(Seconds(29.9));
        Assert.False(clock.Token.IsCancellationRequested);
        _time.Advance(Seconds(0.2));

        Assert.Equal((ClockPhase.FirstToken, Seconds(30)), (clock.Expired, clock.ExpiredLimit));
    }

    [Fact]
    public void Only_silence_ends_the_time_between_two_frames()
    {
        using var clock = Clock();
        clock.Enter(ClockPhase.Idle, Seconds(5));
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(Seconds(4.5));
            clock.Touch();
        }

        Assert.Null(clock.Expired);
        _time.Advance(Seconds(5.1));
        Assert.Equal(ClockPhase.Idle, clock.Expired);
    }

    [Covers("Y9")]
    [Fact]
    public void While_it_is_paused_no_phase_runs_out_and_afterwards_it_goes_on_where_it_was()
    {
        using var clock = Clock(total: 1000);
        clock.Enter(ClockPhase.Idle, Seconds(5));
        _time.Advance(Seconds(3));
        clock.Pause();
        _time.Advance(Seconds(60));
        clock.Resume();
        _time.Advance(Seconds(1.8));

        Assert.Null(clock.Expired);
        _time.Advance(Seconds(0.4));
        Assert.Equal(ClockPhase.Idle, clock.Expired);
    }

    [Covers("Y9")]
    [Fact]
    public void The_total_runs_on_while_a_phase_is_paused()
    {
        using var clock = Clock(total: 10);
        clock.Enter(ClockPhase.Idle, Seconds(5));
        clock.Pause();
        _time.Advance(Seconds(60));

        Assert.Equal(ClockPhase.Total, clock.Expired);
    }

    [Covers("Y8")]
    [Fact]
    public void A_frame_without_content_does_not_restart_the_first_token_and_a_sign_of_life_that_counts_does()
    {
        using var clock = Clock(total: 1000);
        clock.Enter(ClockPhase.FirstToken, Seconds(30));
        _time.Advance(Seconds(20));
        clock.Restart();
        _time.Advance(Seconds(20));
        clock.Touch();
        Assert.Null(clock.Expired);
        _time.Advance(Seconds(10.2));

        Assert.Equal(ClockPhase.FirstToken, clock.Expired);
    }

    [Fact]
    public void A_phase_that_is_entered_ends_the_one_before()
    {
        using var clock = Clock();
        clock.Enter(ClockPhase.FirstToken, Seconds(2));
        _time.Advance(Seconds(1));
        clock.Enter(ClockPhase.Idle, Seconds(60));
        _time.Advance(Seconds(30));

        Assert.Null(clock.Expired);
    }

    [Fact]
    public void A_client_that_leaves_fires_the_token_and_no_clock()
    {
        using var client = new CancellationTokenSource();
        using var clock = Clock(aborted: client.Token);
        client.Cancel();
        _time.Advance(Seconds(10_000));

        Assert.True(clock.Token.IsCancellationRequested);
        Assert.Null(clock.Expired);
    }

    [Fact]
    public void A_client_that_has_left_already_and_a_total_that_is_used_up_fire_at_once()
    {
        using var left = Clock(aborted: new CancellationToken(canceled: true));
        using var late = new AttemptClock(_wheel, TimeSpan.FromSeconds(-1), Seconds(600), CancellationToken.None);

        Assert.True(left.Token.IsCancellationRequested);
        Assert.Null(left.Expired);
        Assert.True(late.Token.IsCancellationRequested);
        Assert.Equal((ClockPhase.Total, Seconds(600)), (late.Expired, late.ExpiredLimit));
    }

    [Covers("S001-57")]
    [Fact]
    public void An_attempt_that_ended_is_not_ended_again()
    {
        var clock = Clock(total: 10);
        var token = clock.Token;
        clock.Dispose();
        _time.Advance(Seconds(100));

        Assert.False(token.IsCancellationRequested);
        Assert.Null(clock.Expired);
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void A_source_that_fired_is_not_used_again_and_one_that_did_not_is()
    {
        var first = Clock(total: 10);
        var token = first.Token;
        first.Dispose();
        using var second = Clock(total: 1);
        Assert.Equal(token, second.Token);

        _time.Advance(Seconds(2));
        second.Dispose();
        using var third = Clock(total: 10);
        Assert.NotEqual(second.Token, third.Token);
        Assert.False(third.Token.IsCancellationRequested);
    }

    [Fact]
    public void What_was_registered_for_one_attempt_does_not_hear_of_the_next()
    {
        var heard = 0;
        var first = Clock();
        first.Token.Register(() => heard++);
        first.Dispose();
        using var client = new CancellationTokenSource();
        using var second = Clock(aborted: client.Token);
        client.Cancel();

        Assert.True(second.Token.IsCancellationRequested);
        Assert.Equal(0, heard);
    }

    [Fact]
    public void Each_of_many_clocks_keeps_its_own_limit_however_they_come_and_go()
    {
        var clocks = Enumerable.Range(1, 200).Select(seconds => Clock(total: seconds)).ToList();
        for (var i = 0; i < clocks.Count; i += 3)
            clocks[i].Dispose();
        for (var second = 1; second <= 200; second++)
        {
            _time.Advance(Seconds(1));
            var clock = clocks[second - 1];
            if ((second - 1) % 3 != 0)
                Assert.Equal(second, (int)clock.ExpiredLimit.TotalSeconds);
            Assert.All(clocks.Skip(second + 1), later => Assert.Null(later.Expired));
        }

        clocks.ForEach(clock => clock.Dispose());
        Assert.Equal(0, _wheel.Count);
    }

    [Covers("S001-57")]
    [Fact]
    public void With_no_attempt_under_way_nothing_ticks()
    {
        var ticks = new CountingTime();
        using var wheel = new ClockWheel(ticks);
        var clock = new AttemptClock(wheel, Seconds(60), Seconds(60), CancellationToken.None);
        ticks.Advance(Seconds(1));
        Assert.True(ticks.Looked > 5);
        clock.Dispose();
        ticks.Advance(Seconds(1));
        var looked = ticks.Looked;
        ticks.Advance(Seconds(100));

        Assert.Equal(looked, ticks.Looked);
        using var again = new AttemptClock(wheel, Seconds(1), Seconds(1), CancellationToken.None);
        ticks.Advance(Seconds(1.2));
        Assert.Equal(ClockPhase.Total, again.Expired);
    }

    private AttemptClock Clock(double total = 600, CancellationToken aborted = default) =>
        new(_wheel, Seconds(total), Seconds(total), aborted);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Virtual time that counts how often a timer of the wheel fired.</summary>
    private sealed class CountingTime : TimeProvider
    {
        private readonly FakeTimeProvider _inner = new();

        public int Looked { get; private set; }

        public override long TimestampFrequency => _inner.TimestampFrequency;

        public void Advance(TimeSpan time) => _inner.Advance(time);

        public override long GetTimestamp() => _inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _inner.CreateTimer(
            inner =>
            {
                Looked++;
                callback(inner);
            },
            state, dueTime, period);
    }
}

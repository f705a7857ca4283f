using Switchyard.Cloud.Credentials;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

public sealed class RenewedTests
{
    private readonly TestClock _time = new();
    private int _fetches;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_ask_at_once_it_is_fetched_once()
    {
        var gate = new TaskCompletionSource();
        var renewed = new Renewed<string>(async _ =>
        {
            Interlocked.Increment(ref _fetches);
            await gate.Task;
            return Lease("a");
        }, _time);
        var asked = Enumerable.Range(0, 50).Select(_ => renewed.GetAsync(Token).AsTask()).ToList();
        gate.SetResult();
        Assert.All(await Task.WhenAll(asked), value => Assert.Equal("a", value));
        Assert.Equal("a", await renewed.GetAsync(Token));
        Assert.Equal(1, _fetches);
    }

    [Fact]
    public async Task What_is_refused_where_it_is_used_is_fetched_anew_and_what_came_since_is_kept()
    {
        var renewed = new Renewed<string>(_ => new(Lease($"token-{Interlocked.Increment(ref _fetches)}")), _time);
        Assert.Equal("token-1", await renewed.GetAsync(Token));
        renewed.Forget("token-1");
        Assert.Equal("token-2", await renewed.GetAsync(Token));
        renewed.Forget("token-1");
        Assert.Equal("token-2", await renewed.GetAsync(Token));
    }

    [Fact]
    public async Task It_is_renewed_before_it_expires_while_the_old_one_serves()
    {
        // Continues on another thread: the fetch would otherwise run on only while this test waits for it.
        var renewal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fetched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var renewed = new Renewed<string>(async _ =>
        {
            if (Interlocked.Increment(ref _fetches) == 1)
                return new("first", _time.GetUtcNow().AddMinutes(59.75), _time.GetUtcNow().AddMinutes(60));
            fetched.SetResult();
            await renewal.Task;
            return Lease("second");
        }, _time);
        Assert.Equal("first", await renewed.GetAsync(Token));
        _time.Advance(TimeSpan.FromMinutes(59.75));
        Assert.Equal("first", await renewed.GetAsync(Token));
        await fetched.Task.WaitAsync(Token);
        Assert.Equal("first", await renewed.GetAsync(Token));
        // The value has expired, and the fetch is still within its 30 s.
        _time.Advance(TimeSpan.FromSeconds(20));
        var waiting = renewed.GetAsync(Token).AsTask();
        Assert.False(waiting.IsCompleted);
        renewal.SetResult();
        Assert.Equal("second", await waiting);
        Assert.Equal(2, _fetches);
    }

    [Fact]
    public async Task A_failed_renewal_does_no_harm_while_the_old_one_holds()
    {
        var failed = new TaskCompletionSource();
        var renewed = new Renewed<string>(_ =>
        {
            if (Interlocked.Increment(ref _fetches) == 1)
                return new(Lease("first"));
            failed.TrySetResult();
            throw new InvalidOperationException("no");
        }, _time);
        await renewed.GetAsync(Token);
        _time.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal("first", await renewed.GetAsync(Token));
        await failed.Task.WaitAsync(Token);
        Assert.Equal("first", await renewed.GetAsync(Token));
        _time.Advance(TimeSpan.FromMinutes(6));
        await Assert.ThrowsAsync<ProviderException>(async () => await renewed.GetAsync(Token));
    }

    [Fact]
    public async Task A_failure_is_believed_for_a_moment_and_then_tried_again()
    {
        var renewed = new Renewed<string>(
            _ => Interlocked.Increment(ref _fetches) == 1 ? throw new ProviderException("Sign in.") : new(Lease("a")), _time);
        Assert.Equal("Sign in.", (await Assert.ThrowsAsync<ProviderException>(async () => await renewed.GetAsync(Token))).Message);
        Assert.Equal("Sign in.", (await Assert.ThrowsAsync<ProviderException>(async () => await renewed.GetAsync(Token))).Message);
        Assert.Equal(1, _fetches);
        _time.Advance(Renewed<string>.Pause);
        Assert.Equal("a", await renewed.GetAsync(Token));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_prolong_the_pause_after_a_failure()
    {
        var clock = new CorrectedClock(_time) { Ahead = TimeSpan.FromHours(2) };
        var renewed = new Renewed<string>(
            _ => Interlocked.Increment(ref _fetches) == 1 ? throw new ProviderException("Sign in.") : new(Lease("a")), clock);
        await Assert.ThrowsAsync<ProviderException>(async () => await renewed.GetAsync(Token));

        clock.Ahead = TimeSpan.Zero;
        _time.Advance(Renewed<string>.Pause);

        Assert.Equal("a", await renewed.GetAsync(Token));
    }

    [Fact]
    public async Task One_who_gives_up_waiting_does_not_stop_it_for_the_others()
    {
        var gate = new TaskCompletionSource();
        var renewed = new Renewed<string>(async _ =>
        {
            await gate.Task;
            return Lease("a");
        }, _time);
        using var impatient = new CancellationTokenSource();
        var gone = renewed.GetAsync(impatient.Token).AsTask();
        var patient = renewed.GetAsync(Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        gate.SetResult();
        Assert.Equal("a", await patient);
    }

    [Fact]
    public async Task A_source_that_never_answers_is_given_up()
    {
        var renewed = new Renewed<string>(_ => new(new TaskCompletionSource<Lease<string>>().Task), _time);
        var waiting = renewed.GetAsync(Token).AsTask();
        await _time.WaitForTimersAsync(1).WaitAsync(Token);
        _time.Advance(Renewed<string>.FetchTimeout);
        await Assert.ThrowsAsync<ProviderException>(() => waiting);
    }

    [Fact]
    public void A_token_is_renewed_early_but_not_at_once_and_never_used_to_its_very_end()
    {
        var now = _time.GetUtcNow();
        var lease = TokenLease.Of("t", now.AddHours(1), now.AddMinutes(55), now);
        Assert.Equal((now.AddMinutes(55), now.AddHours(1).AddSeconds(-10)), (lease.RenewAt, lease.ExpiresAt));
        lease = TokenLease.Of("t", now.AddMinutes(2), now.AddMinutes(-3), now);
        Assert.Equal((now.AddSeconds(30), now.AddSeconds(110)), (lease.RenewAt, lease.ExpiresAt));
    }

    private Lease<string> Lease(string value) => new(value, _time.GetUtcNow().AddMinutes(50), _time.GetUtcNow().AddMinutes(60));

    /// <summary>A clock whose time of day is wrong, until it is corrected.</summary>
    private sealed class CorrectedClock(TestClock clock) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Ahead;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}

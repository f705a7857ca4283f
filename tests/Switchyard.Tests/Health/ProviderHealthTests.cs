using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Common;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Health;

/// <summary>How calls and checks change a provider's state, and how it is reported.</summary>
public sealed class ProviderHealthTests
{
    private readonly TestClock _clock = new();
    private readonly FakeLogger _log = new();
    private readonly SecretRedactor _secrets = new();
    private readonly ProviderHealth _health;

    public ProviderHealthTests() => _health = new ProviderHealth("acme", _clock, _secrets, _log);

    [Fact]
    [Covers("S000-68", "S003-22")]
    public void Before_the_first_news_nothing_is_known()
    {
        Assert.Equal(HealthState.Unknown, _health.State);
        Assert.Null(_health.IsHealthy);
        Assert.Null(_health.LastCheck);
        Assert.Null(_health.ResponseTime);
        Assert.Null(_health.SuccessRate);
        Assert.False(_health.IsUnhealthy);
    }

    [Fact]
    [Covers("S000-69")]
    public void The_first_failure_degrades_the_third_makes_unhealthy_and_a_success_resets()
    {
        Fail();
        Assert.Equal(HealthState.Degraded, _health.State);
        Fail();
        Assert.Equal(HealthState.Degraded, _health.State);
        Assert.False(_health.IsUnhealthy);
        Fail();
        Assert.Equal(HealthState.Unhealthy, _health.State);
        Assert.True(_health.IsUnhealthy);

        Succeed();
        Assert.Equal(HealthState.Healthy, _health.State);
        Assert.Equal(0, _health.ConsecutiveFailures);
        Assert.False(_health.IsUnhealthy);
        Assert.Null(_health.LastError);
    }

    [Fact]
    [Covers("S000-70")]
    public void Its_figures_count_calls_and_checks()
    {
        Succeed();
        _clock.Advance(TimeSpan.FromSeconds(2));
        _health.CountCheck(new HealthResult
        {
            Name = "acme",
            Healthy = false,
            Latency = TimeSpan.FromMilliseconds(40),
            Error = "HTTP 503",
        });
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((2, 1, 1), (_health.TotalRequests, _health.Failures, _health.ConsecutiveFailures));
        Assert.Equal((0.5, 0.5), (_health.SuccessRate, _health.ErrorRate));
        Assert.Equal(TimeSpan.FromMilliseconds(40), _health.ResponseTime);
        Assert.Equal(_clock.GetUtcNow() - TimeSpan.FromSeconds(1), _health.LastCheck);
        Assert.Equal("HTTP 503", _health.LastError);
        Assert.Equal("HTTP 503", Assert.Single(_health.History).Error);
    }

    [Fact]
    public void Unhealthy_and_silent_for_a_minute_it_is_worth_a_try_again_and_another_failure_ends_that()
    {
        Fail(times: 3);
        _clock.Advance(ProviderHealth.Rest);

        Assert.False(_health.IsUnhealthy);
        Assert.Equal(HealthState.Unhealthy, _health.State);
        Fail();
        Assert.True(_health.IsUnhealthy);
    }

    [Fact]
    [Covers("S002-34")]
    public void Becoming_unhealthy_is_logged_once_as_an_error_and_the_way_back_as_information()
    {
        _secrets.Remember("provider acme", ["sk-very-secret-key"]);
        for (var i = 0; i < 5; i++)
            _health.CountCall(false, TimeSpan.Zero, "The key sk-very-secret-key\nis odd.");
        Succeed();

        Assert.Equal(
            [(LogLevel.Error, "Provider acme unhealthy: The key ***\\nis odd."), (LogLevel.Information, "Provider acme is healthy again")],
            _log.Collector.Lines);
    }

    [Fact]
    public void Its_history_is_bounded()
    {
        for (var i = 0; i < 1000; i++)
            _health.CountCheck(new HealthResult { Name = "acme", Healthy = true, Latency = TimeSpan.FromMilliseconds(i) });

        Assert.Equal(100, _health.History.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(999), _health.History[^1].Latency);
    }

    [Fact]
    public void Counted_from_many_threads_no_failure_is_lost_and_the_change_is_logged_once()
    {
        Parallel.For(0, 1000, _ => Fail());

        Assert.Equal(1000, _health.ConsecutiveFailures);
        Assert.Single(_log.Collector.Lines);
    }

    private void Succeed() => _health.CountCall(true, TimeSpan.FromMilliseconds(120), null);

    private void Fail(int times = 1)
    {
        for (var i = 0; i < times; i++)
            _health.CountCall(false, TimeSpan.FromMilliseconds(20), "It is down.");
    }
}

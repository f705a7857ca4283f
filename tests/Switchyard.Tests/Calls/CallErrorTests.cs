using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Calls;

public sealed class CallErrorTests
{
    [Covers("S001-49")]
    [Fact]
    public void An_error_of_which_nothing_is_said_is_a_500_that_is_not_tried_again()
    {
        var error = new CallError(CallErrorKind.Internal, "It went wrong.");

        Assert.Equal((500, false), (error.Status, error.IsRetryable));
        Assert.Equal((null, null, null), (error.Code, error.Provider, error.Cause));
        Assert.Empty(error.Attempts);
    }

    /// <summary>Kind, upstream status, code, wait; whether it may be sent again; whether another target may be tried.</summary>
    public static TheoryData<CallErrorKind, int?, string?, bool, bool, bool> Failures => new()
    {
        { CallErrorKind.UpstreamRateLimited, 429, null, false, true, true },
        { CallErrorKind.UpstreamTimeout, 408, null, false, true, true },
        { CallErrorKind.UpstreamTimeout, null, null, false, true, true },
        { CallErrorKind.UpstreamUnavailable, 500, null, false, true, true },
        { CallErrorKind.UpstreamUnavailable, null, null, false, true, true },
        // An empty answer.
        { CallErrorKind.UpstreamUnavailable, 200, null, false, false, true },
        { CallErrorKind.UpstreamUnavailable, null, Faults.UnknownException, false, false, true },
        { CallErrorKind.UpstreamAuthenticationFailed, 401, null, false, false, true },
        { CallErrorKind.ProviderUnavailable, null, "missing_credentials", false, false, true },
        { CallErrorKind.ProviderUnavailable, null, "circuit_open", true, true, true },
        { CallErrorKind.UpstreamRejected, 400, null, false, false, false },
        { CallErrorKind.UpstreamRejected, 404, null, false, false, false },
        { CallErrorKind.EgressBlocked, null, null, false, false, false },
        { CallErrorKind.BudgetExceeded, null, null, true, false, true },
        { CallErrorKind.RateLimited, null, null, true, true, false },
        { CallErrorKind.StreamInterrupted, null, null, false, true, false },
    };

    [Covers("S001-14", "S001-39", "S001-46", "S001-47", "S001-55", "S001-95")]
    [Theory]
    [MemberData(nameof(Failures))]
    public void Sending_it_again_and_trying_another_target_are_two_questions(
        CallErrorKind kind, int? status, string? code, bool hasWait, bool again, bool elsewhere)
    {
        var error = new CallError(kind, "It failed.")
        {
            UpstreamStatus = status, Code = code, RetryAfter = hasWait ? TimeSpan.FromSeconds(5) : null,
        };

        Assert.Equal((again, elsewhere), (error.IsRetryable, error.MayFallBack));
    }

    [Covers("S001-49")]
    [Fact]
    public void It_carries_code_provider_cause_and_every_attempt()
    {
        var cause = new InvalidOperationException("Closed.");
        var attempt = new FailedAttempt { Provider = "acme", Model = "large", Message = "acme failed: Closed.", Status = 503 };
        var error = new CallError(CallErrorKind.UpstreamUnavailable, "acme failed: Closed.")
        {
            Code = "closed", Provider = "acme", Cause = cause, Attempts = [attempt],
        };

        var thrown = Assert.IsType<CallException>(error.ToException()).Error;

        Assert.Equal(("closed", "acme"), (thrown.WireCode, thrown.Provider));
        Assert.Same(cause, thrown.Cause);
        Assert.Equal([attempt], thrown.Attempts);
    }
}

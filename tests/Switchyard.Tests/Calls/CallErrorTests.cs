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

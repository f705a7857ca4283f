using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>The headers of W3C Trace Context.</summary>
public sealed class TraceContextTests
{
    private const string Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Covers("Y15")]
    [Fact]
    public void Both_headers_are_read()
    {
        var trace = TraceContext.Parse(Parent, "vendor=1,other=2")!;

        Assert.Equal((Parent, "vendor=1,other=2"), (trace.Parent, trace.State));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", trace.TraceId);
    }

    [Covers("Y15")]
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx: y")]
    [InlineData("nonsense")]
    public void A_malformed_parent_is_no_trace(string? parent) => Assert.Null(TraceContext.Parse(parent, "vendor=1"));

    [Covers("Y15")]
    [Theory, InlineData("a=\u001b[2J"), InlineData("a=\r\nx: y")]
    public void A_state_that_no_header_can_hold_is_left_out(string state) => Assert.Null(TraceContext.Parse(Parent, state)!.State);
}

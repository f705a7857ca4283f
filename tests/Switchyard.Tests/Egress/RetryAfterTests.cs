using System.Net;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;
using Xunit;

namespace Switchyard.Tests.Egress;

/// <summary>Every form in which providers ask for a pause, and forms that ask for none.</summary>
public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Retry-After", "17", 17)]
    [InlineData("Retry-After", "0", 0)]
    [InlineData("Retry-After", " 2 ", 2)]
    [InlineData("Retry-After", "1.5", 1.5)]
    [InlineData("Retry-After", "Sat, 28 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Retry-After", "2026-11-28T12:01:00Z", 60)]
    [InlineData("Retry-After", "999999", 86_400)]
    [InlineData("Retry-After", "99999999999999999999", 86_400)]
    [InlineData("Retry-After", "1795867245", 45)]
    [InlineData("Retry-After", "1795867245000", 45)]
    [InlineData("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    [InlineData("retry-after-ms", "99999999999999999999", 86_400)]
    [InlineData("retry-after-ms", "250", 0.25)]
    [InlineData("x-ms-retry-after-ms", "1250.5", 1.2505)]
    public void A_pause_in_a_header_is_understood(string name, string value, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read((name, value)));

    [Theory]
    [InlineData("Sat, 28 Nov 2026 11:59:30 GMT")]
    [InlineData("-5")]
    [InlineData("soon")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("1e30")]
    [InlineData("Infinity")]
    [InlineData(".")]
    public void What_asks_for_nothing_is_none(string value) => Assert.Null(Read(("Retry-After", value)));

    [Fact]
    public void A_number_too_long_for_its_type_is_a_very_long_pause() =>
        Assert.Equal(TimeSpan.FromDays(1), Read(("Retry-After", new string('9', 400))));

    [Fact]
    public void Milliseconds_are_more_precise_than_seconds() =>
        Assert.Equal(TimeSpan.FromMilliseconds(300), Read(("Retry-After", "1"), ("retry-after-ms", "300")));

    [Theory]
    [InlineData("Rate limit reached. Please try again in 20s.", 20)]
    [InlineData("Rate limit reached for gpt-4o. Please try again in 1m2.5s. Visit …", 62.5)]
    [InlineData("Please try again in 350ms.", 0.35)]
    [InlineData("Please retry after 7 seconds.", 7)]
    [InlineData("Try again in 2 hours", 7200)]
    [InlineData("Please retry in 48.963s.", 48.963)]
    [InlineData("PLEASE TRY AGAIN IN 2 MINUTES.", 120)]
    [InlineData("Try again in 500 milliseconds.", 0.5)]
    [InlineData("Try again in 720 hours.", 86_400)]
    public void A_pause_in_a_message_is_understood(string message, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), UpstreamErrors.PauseIn(message));

    [Theory]
    [InlineData("Please try again later.")]
    [InlineData("Try again in a moment")]
    [InlineData("20s")]
    [InlineData("try again in 99999999s")]
    public void A_message_without_a_pause_has_none(string message) => Assert.Null(UpstreamErrors.PauseIn(message));

    private static TimeSpan? Read(params (string Name, string Value)[] headers)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return RetryAfterHeaders.Read(response.Headers, s_now);
    }
}

namespace Switchyard.Cloud.Credentials;

/// <summary>When a token is renewed.</summary>
internal static class TokenLease
{
    // A source may return its cached token shortly before the end; renewing at once would then be a loop without a pause.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    /// <summary>A lease that is renewed at <c>renewAt</c>, at the earliest in 30 seconds, and ends 10 seconds before the token.</summary>
    public static Lease<string> Of(string token, DateTimeOffset expiresAt, DateTimeOffset renewAt, DateTimeOffset now)
    {
        var end = expiresAt - s_margin;
        var renewal = renewAt < now + s_least ? now + s_least : renewAt;
        return new Lease<string>(token, renewal < end ? renewal : end, end);
    }
}

namespace Switchyard.Cloud;

/// <summary>When a token is renewed.</summary>
internal static class TokenLease
{
    // A source may hand out the token it still has, close to its end; asking it again at once would be asking without end.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    /// <summary>A token, renewed when its source says, though not at once, and given up shortly before it expires.</summary>
    public static Lease<string> Of(string token, DateTimeOffset expiresAt, DateTimeOffset renewAt, DateTimeOffset now)
    {
        var end = expiresAt - s_margin;
        var renewal = renewAt < now + s_least ? now + s_least : renewAt;
        return new Lease<string>(token, renewal < end ? renewal : end, end);
    }
}

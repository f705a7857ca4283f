namespace Switchyard.Calls;

/// <summary>
/// Loop detection: each gateway that passes a request on adds its id to this header, after those of the gateways before it. A request
/// that comes back, directly or through another gateway, contains the gateway's own id.
/// </summary>
public static class Hop
{
    /// <summary>The request header that carries the ids, the latest last, to providers.</summary>
    public const string Header = "x-switchyard-hop";

    /// <summary>
    /// The most gateways a request may pass, and the longest list that is read: 16 ids of 32 characters with separators.
    /// </summary>
    private const int Most = 16, Longest = 1024;

    /// <summary>Whether a request with these ids has passed this gateway before, or more than 16 gateways.</summary>
    /// <param name="ids">The header's value.</param>
    /// <param name="own">The gateway's id.</param>
    public static bool IsLoop(ReadOnlySpan<char> ids, string own)
    {
        if (ids.Length > Longest)
            return true;
        var count = 0;
        foreach (var part in ids.Split(','))
        {
            if (++count >= Most || ids[part].Trim().SequenceEqual(own))
                return true;
        }

        return false;
    }

    /// <summary>The ids to send: the received ones and the gateway's own.</summary>
    internal static string Append(string? ids, string own) => ids is null ? own : string.Concat(ids, ", ", own);
}

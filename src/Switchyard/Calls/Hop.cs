namespace Switchyard.Calls;

/// <summary>
/// Loop detection: the header in which each gateway that passes a request on adds its id to those of the gateways before it. A request
/// that comes back, straight or by way of another gateway, carries an id that is known.
/// </summary>
public static class Hop
{
    /// <summary>The request header that carries the ids, the latest last, to providers.</summary>
    public const string Header = "x-switchyard-hop";

    /// <summary>
    /// The most gateways a request may pass, and the longest list that is read: 16 ids of 32 characters and what divides them.
    /// </summary>
    private const int Most = 16, Longest = 1024;

    /// <summary>Whether a request with these ids has passed the gateway before, or more gateways than any arrangement has.</summary>
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

    /// <summary>The ids to send: those that came and the gateway's own.</summary>
    internal static string Append(string? ids, string own) => ids is null ? own : string.Concat(ids, ", ", own);
}

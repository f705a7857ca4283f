namespace Switchyard.Providers.Replay;

/// <summary>The address of replayed requests, which are never sent: a reserved name that no host can have.</summary>
internal static class ReplayAddress
{
    /// <summary>The base URL.</summary>
    public const string Root = "http://replay.invalid";

    /// <summary>Whether a request to this address is answered by recordings, and reaches no network.</summary>
    public static bool IsOf(Uri url) => url.Host == "replay.invalid";
}

namespace Switchyard.Providers.Replay;

/// <summary>Where replayed requests go: nowhere. The name is reserved, so that it can be nobody's.</summary>
internal static class ReplayAddress
{
    /// <summary>The base URL.</summary>
    public const string Root = "http://replay.invalid";

    /// <summary>Whether a request to this address is answered by recordings, and reaches no network.</summary>
    public static bool IsOf(Uri url) => url.Host == "replay.invalid";
}

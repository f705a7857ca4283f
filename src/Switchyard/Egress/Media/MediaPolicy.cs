using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Network;

namespace Switchyard.Egress.Media;

/// <summary>The limits of downloads for providers that take the bytes of an image rather than its URL (<c>media</c>). Immutable.</summary>
internal sealed record MediaPolicy
{
    private static readonly EgressGuards s_guards = new();

    /// <summary>Public addresses only, 20 MiB, 10 seconds.</summary>
    public static readonly MediaPolicy Default = new();

    /// <summary>The section of a snapshot.</summary>
    public static readonly SectionKey<MediaPolicy> Section = new();

    /// <summary>Whether downloads are allowed.</summary>
    public bool Fetch { get; init; } = true;

    /// <summary>The most bytes that one request may download, all files together.</summary>
    public long MaxBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>The timeout of the downloads of one request, all files together.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where files may be downloaded from.</summary>
    public EgressGuard Guard { get; init; } = s_guards.ForDownloads(egress: null, []);

    /// <summary>Reports what a network policy would refuse; null if nothing is to be reported.</summary>
    public EgressGuard? Trial { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="guards">Makes the guards.</param>
    /// <param name="egress">The guard of all other connections; null without one.</param>
    public static MediaPolicy From(MediaOptions options, EgressGuards guards, EgressGuard? egress) => new()
    {
        Fetch = options.Fetch,
        MaxBytes = options.MaxBytes,
        Timeout = options.Timeout,
        Guard = guards.ForDownloads(egress, options.Allow),
        Trial = guards.TrialForDownloads(egress, options.Allow),
    };

    public static MediaPolicy Of(ModelCall call) => call.Snapshot.Section(Section) ?? Default;
}

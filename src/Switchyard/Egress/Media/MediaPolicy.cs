using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Egress.Media;

/// <summary>What may be downloaded for providers that take the bytes of an image rather than its address. Immutable.</summary>
internal sealed record MediaPolicy
{
    /// <summary>Public addresses only, 20 MiB, 10 seconds.</summary>
    public static readonly MediaPolicy Default = new();

    /// <summary>The section of a snapshot.</summary>
    public static readonly SectionKey<MediaPolicy> Section = new();

    /// <summary>Whether anything may be.</summary>
    public bool Fetch { get; init; } = true;

    /// <summary>How much one request may download in all, in bytes.</summary>
    public long MaxBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>How long the downloads of one request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Hosts that are fetched from although their address is not a public one, as written in the address.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    public static MediaPolicy From(MediaOptions options) => new()
    {
        Fetch = options.Fetch,
        MaxBytes = options.MaxBytes,
        Timeout = options.Timeout,
        AllowedHosts = [.. options.Allow],
    };

    public static MediaPolicy Of(ModelCall call) => call.Snapshot.Section(Section) ?? Default;
}

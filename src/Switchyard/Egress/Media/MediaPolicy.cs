using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Egress.Media;

/// <summary>The limits of downloads for providers that take the bytes of an image rather than its URL (<c>media</c>). Immutable.</summary>
internal sealed record MediaPolicy
{
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

    /// <summary>Host names that are allowed although they resolve to private addresses, as written in the URL.</summary>
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

namespace Switchyard.Calls;

/// <summary>What may be downloaded for providers that take the bytes of an image rather than its address.</summary>
/// <param name="Fetch">Whether anything may be.</param>
/// <param name="MaxBytes">How much one request may download in all, in bytes.</param>
/// <param name="Timeout">How long one download may take.</param>
/// <param name="AllowedHosts">Hosts that are fetched from although their address is not a public one, as written in the address.</param>
public sealed record MediaPolicy(bool Fetch, long MaxBytes, TimeSpan Timeout, IReadOnlyList<string> AllowedHosts)
{
    /// <summary>Public addresses only, 20 MiB, 10 seconds.</summary>
    public static readonly MediaPolicy Default = new(true, 20 * 1024 * 1024, TimeSpan.FromSeconds(10), []);
}

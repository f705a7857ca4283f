using Switchyard.Configuration;
using Switchyard.Recorded;

namespace Switchyard.Hosting;

/// <summary>A configuration that answers from recordings alone: for tests, and for <c>switchyard replay</c>.</summary>
public static class RecordedTraffic
{
    /// <summary>
    /// Reads a folder of recordings, and makes options in which each provider that was recorded is answered for by its recordings, and
    /// each alias leads where it led.
    /// </summary>
    /// <param name="folder">The folder, or one recording.</param>
    /// <param name="configure">Sets how each provider replays; null takes the defaults: at once, the last recording again and
    /// again.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Options to start an engine with, as they are or with more set.</returns>
    /// <exception cref="CassetteException">The folder, or a recording in it, cannot be read; the message says which and why.</exception>
    public static async Task<SwitchyardOptions> ReadAsync(
        string folder, Action<ReplayOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var cassettes = await CassetteFolder.ReadAsync(folder, cancellationToken).ConfigureAwait(false);
        var options = new SwitchyardOptions { AutoEnable = false, Health = { Monitor = false } };
        // What was answered does not depend on what was answered before: no target is left out, and no time is waited that was not
        // recorded.
        options.Circuit.Enabled = false;
        options.Retry = new() { Attempts = TriesOf(cassettes), Base = TimeSpan.FromMilliseconds(1) };
        foreach (var recorded in cassettes.GroupBy(cassette => cassette.Provider, StringComparer.OrdinalIgnoreCase))
        {
            var replay = new ReplayOptions { Folder = folder };
            configure?.Invoke(replay);
            options.Providers[recorded.Key] = new ProviderOptions { Type = TypeOf(recorded), Replay = replay };
        }

        foreach (var led in cassettes.Where(cassette => cassette.Alias is not null).GroupBy(cassette => cassette.Alias!))
        {
            var targets = led.Select(cassette => $"{cassette.Provider}/{cassette.Model}").Distinct(StringComparer.OrdinalIgnoreCase);
            options.Models[led.Key] = new ModelRouteOptions
            {
                Strategy = "priority",
                Targets = [.. targets.Select(target => new TargetOptions { Model = target })],
            };
        }

        return options;
    }

    /// <summary>
    /// How often a target was tried within a call: as often as a recorded failure was followed by the same request. More tries would find
    /// the same failure again.
    /// </summary>
    private static int TriesOf(IReadOnlyList<Cassette> cassettes)
    {
        var most = 0;
        foreach (var recordings in new CassetteSet(cassettes, [], isStrict: false).Requests)
        {
            var failed = 0;
            foreach (var cassette in recordings)
            {
                most = Math.Max(most, failed);
                failed = cassette.Answer is { Status: >= 400 } or { BrokeOff: true } ? failed + 1 : 0;
            }
        }

        return most + 1;
    }

    /// <summary>A provider that is in no catalogue here is one of the user's own.</summary>
    private static string? TypeOf(IEnumerable<Cassette> recorded) =>
        recorded.First().Type is { } type && Providers.Catalogue.ProviderCatalog.Default.Find(type) is not null ? type : null;
}

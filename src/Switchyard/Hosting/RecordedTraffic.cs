using Switchyard.Configuration;
using Switchyard.Recorded;

namespace Switchyard.Hosting;

/// <summary>Creates a configuration that answers only from recordings, for tests and for <c>switchyard replay</c>.</summary>
public static class RecordedTraffic
{
    /// <summary>
    /// Reads a folder of recordings, and creates options in which each recorded provider answers from its recordings, and each alias has
    /// its recorded targets.
    /// </summary>
    /// <param name="folder">The folder, or one recording.</param>
    /// <param name="configure">Sets how each provider replays; null uses the defaults: without delay, repeating the last recording.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Options to start an engine with; more can be set.</returns>
    /// <exception cref="CassetteException">The folder, or a recording in it, cannot be read; the message says which and why.</exception>
    public static async Task<SwitchyardOptions> ReadAsync(
        string folder, Action<ReplayOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var cassettes = await CassetteFolder.ReadAsync(folder, cancellationToken).ConfigureAwait(false);
        var options = new SwitchyardOptions { AutoEnable = false, Health = { Monitor = false } };
        // An answer must not depend on earlier answers: no target is skipped, and no delay is added to the recorded ones.
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
    /// The number of attempts at a target within a call: as many as a recorded failure was followed by the same request. More attempts
    /// would replay the same failure.
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

    /// <summary>A provider that is in no catalogue is defined by the user.</summary>
    private static string? TypeOf(IEnumerable<Cassette> recorded) =>
        recorded.First().Type is { } type && Providers.Catalogue.ProviderCatalog.Default.Find(type) is not null ? type : null;
}

using Switchyard.Configuration.Reload;

namespace Switchyard.Configuration.Runtime;

/// <summary>The engine, as the target of a configuration that is put in force.</summary>
internal interface IConfigurationTarget
{
    /// <summary>The number of the configuration in force; 0 before the start.</summary>
    long Generation { get; }

    /// <summary>The options of file, environment and code. Must not be changed.</summary>
    SwitchyardOptions Written { get; }

    /// <summary>The options in force: the written ones with the run-time settings. Must not be changed.</summary>
    SwitchyardOptions Options { get; }

    /// <summary>The run-time settings, as far as they are in force.</summary>
    RuntimeInForce Runtime { get; }

    /// <summary>The errors that prevent options from working, one sentence each.</summary>
    IReadOnlyList<string> FindErrors(SwitchyardOptions options);

    /// <summary>
    /// The errors of options that name a provider which does not exist, without those that the options in force have too: code may add
    /// that provider later.
    /// </summary>
    IReadOnlyList<string> FindUnknownProviders(SwitchyardOptions options);

    /// <summary>Whether a provider is registered, or known to the catalogue.</summary>
    bool KnowsProvider(string name);

    /// <summary>The number of the candidate, 0 if it gets no calls, and the results of both sides.</summary>
    (long Generation, CanarySide Stable, CanarySide Candidate) ReadCanary();

    /// <summary>Puts other run-time settings in force, over the written options.</summary>
    /// <param name="next">The settings.</param>
    /// <param name="commit">
    /// Called after the settings were found valid, and before they are in force; returns a reason not to put them in force after all. It
    /// gets the resulting configuration.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<ReloadOutcome> PutAsync(
        RuntimeInForce next, Func<SwitchyardOptions, CancellationToken, Task<string?>>? commit, CancellationToken cancellationToken);
}

/// <summary>The run-time settings that are in force. Immutable.</summary>
/// <param name="Version">The version of the settings; 0 if none were ever made.</param>
/// <param name="Layer">The settings.</param>
/// <param name="Canary">The candidate that a share of the calls runs on; null for none.</param>
internal sealed record RuntimeInForce(long Version, RuntimeLayer Layer, CanaryPlan? Canary)
{
    /// <summary>No settings were ever made.</summary>
    public static RuntimeInForce Nothing { get; } = new(0, RuntimeLayer.Empty, null);
}

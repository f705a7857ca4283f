using Switchyard.Configuration.Reload;

namespace Switchyard.Configuration.Runtime;

/// <summary>What a configuration is put in force in: the engine.</summary>
internal interface IConfigurationTarget
{
    /// <summary>The number of the configuration in force; 0 before the start.</summary>
    long Generation { get; }

    /// <summary>Whether a configuration is in force.</summary>
    bool IsStarted { get; }

    /// <summary>What is written in file, environment and code. It must not be changed.</summary>
    SwitchyardOptions Written { get; }

    /// <summary>What is in force: that, with what was set at run time. It must not be changed.</summary>
    SwitchyardOptions Options { get; }

    /// <summary>What was set at run time, as far as it is in force.</summary>
    RuntimeInForce Runtime { get; }

    /// <summary>What keeps options from working, one sentence each.</summary>
    IReadOnlyList<string> FindErrors(SwitchyardOptions options);

    /// <summary>Whether a provider is registered, or known to the catalogue.</summary>
    bool KnowsProvider(string name);

    /// <summary>The number of the candidate that is tried, 0 where it gets no calls, and what came of it and of the others.</summary>
    (long Generation, CanarySide Stable, CanarySide Candidate) ReadCanary();

    /// <summary>Puts other run-time settings in force, over what is written.</summary>
    /// <param name="next">The settings.</param>
    /// <param name="commit">
    /// Called when they are known to work, and before they are in force; gives the reason not to put them in force after all. It gets the
    /// configuration as it will be.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<ReloadOutcome> PutAsync(
        RuntimeInForce next, Func<SwitchyardOptions, CancellationToken, Task<string?>>? commit, CancellationToken cancellationToken);
}

/// <summary>What of the run-time settings is in force. Immutable.</summary>
/// <param name="Version">The version of the settings; 0 where nothing ever was set.</param>
/// <param name="Layer">The settings.</param>
/// <param name="Canary">The candidate that a share of the calls runs on; null for none.</param>
internal sealed record RuntimeInForce(long Version, RuntimeLayer Layer, CanaryPlan? Canary)
{
    /// <summary>Nothing was ever set.</summary>
    public static RuntimeInForce Nothing { get; } = new(0, RuntimeLayer.Empty, null);
}

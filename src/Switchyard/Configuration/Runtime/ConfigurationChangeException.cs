namespace Switchyard.Configuration.Runtime;

/// <summary>Why a change at run time was not made.</summary>
public enum ConfigurationChangeFailure
{
    /// <summary>The settings cannot work; <see cref="ConfigurationChangeException.Problems"/> names each.</summary>
    Invalid,

    /// <summary>There is no such version, setting, provider or canary.</summary>
    NotFound,

    /// <summary>Another writer changed the configuration meanwhile: the expected version is no longer the newest.</summary>
    Moved,

    /// <summary>It conflicts with the existing configuration.</summary>
    Conflict,

    /// <summary>The store is unavailable.</summary>
    Unavailable,
}

/// <summary>A change at run time was not made: no part of it is in force.</summary>
public sealed class ConfigurationChangeException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="failure">The reason.</param>
    /// <param name="code">The machine-readable code.</param>
    /// <param name="problems">Each problem, in a sentence with its remedy; without secrets.</param>
    public ConfigurationChangeException(ConfigurationChangeFailure failure, string code, IReadOnlyList<string> problems)
        : base(string.Join(" ", problems)) => (Failure, Code, Problems) = (failure, code, problems);

    /// <summary>The reason.</summary>
    public ConfigurationChangeFailure Failure { get; }

    /// <summary>The machine-readable code.</summary>
    public string Code { get; }

    /// <summary>Every problem, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}

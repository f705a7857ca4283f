namespace Switchyard.Configuration.Runtime;

/// <summary>Why a change at run time was not made.</summary>
public enum ConfigurationChangeFailure
{
    /// <summary>The settings cannot work; <see cref="ConfigurationChangeException.Problems"/> names each.</summary>
    Invalid,

    /// <summary>There is no such version, provider or canary.</summary>
    NotFound,

    /// <summary>Somebody else changed the configuration meanwhile: it is not the version that was expected any more.</summary>
    Moved,

    /// <summary>It does not go with what is there.</summary>
    Conflict,

    /// <summary>The store is away.</summary>
    Unavailable,
}

/// <summary>A change at run time was not made: nothing of it is in force.</summary>
public sealed class ConfigurationChangeException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="code">What went wrong, for programs.</param>
    /// <param name="problems">Each problem, a sentence that says the way out; without secrets.</param>
    public ConfigurationChangeException(ConfigurationChangeFailure failure, string code, IReadOnlyList<string> problems)
        : base(string.Join(" ", problems)) => (Failure, Code, Problems) = (failure, code, problems);

    /// <summary>Why.</summary>
    public ConfigurationChangeFailure Failure { get; }

    /// <summary>What went wrong, for programs.</summary>
    public string Code { get; }

    /// <summary>Every problem, a sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}

using Switchyard.Configuration;

namespace Switchyard.Secrets;

/// <summary>A configuration with its secrets filled in. Immutable; the options must not be changed.</summary>
/// <param name="Options">The options to build from; the original ones if nothing had to be filled in.</param>
internal sealed record SecretResolution(SwitchyardOptions Options)
{
    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The reason why they cannot be used: a secret is missing that no single provider owns. Null if usable.</summary>
    public string? Refusal { get; init; }

    /// <summary>The path of the setting that <see cref="Refusal"/> is about.</summary>
    public string RefusedAt { get; init; } = "secrets";

    /// <summary>The secrets that were found, by name.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = s_none;

    /// <summary>Whether another resolution of the same options has the same result.</summary>
    public bool IsSameAs(SecretResolution other) =>
        Refusal == other.Refusal && Values.Count == other.Values.Count
        && Values.All(pair => other.Values.TryGetValue(pair.Key, out var value) && value == pair.Value);
}

/// <summary>A secret that a configuration needs or may use.</summary>
/// <param name="Name">Its name in the stores.</param>
/// <param name="Variables">The variables that may also hold it; looked up only in stores on this machine.</param>
internal sealed record SecretWish(string Name, IReadOnlyList<string> Variables)
{
    /// <summary>Whether only stores on this machine are asked, because it is one of many possible secrets.</summary>
    public bool IsGuess { get; init; }

    /// <summary>Whether a setting names it, so that its absence is a mistake.</summary>
    public bool IsNamed { get; init; }
}

namespace Switchyard.Server.Importing;

/// <summary>What became of a setting, the best first: of several that meet in one, the last counts.</summary>
internal enum Outcome
{
    /// <summary>It means here what it meant there.</summary>
    Exact,

    /// <summary>It does something near it; the reason says what is different.</summary>
    Approximated,

    /// <summary>It is not in the result; the reason says why.</summary>
    Refused,
}

/// <summary>What became of one setting of the source. It never holds the setting's value.</summary>
/// <param name="Setting">Its path as written, such as <c>model_list[0].litellm_params.rpm</c>.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ours">The setting it became; null where none was written.</param>
/// <param name="Reason">What is different, or why it is refused; null where there is nothing to say.</param>
internal sealed record Finding(string Setting, int Line, Outcome Outcome, string? Ours, string? Reason);

namespace Switchyard.Server.Importing;

/// <summary>The outcome of a setting, best first. If several apply to one setting, the worst counts.</summary>
internal enum Outcome
{
    /// <summary>The result means the same.</summary>
    Exact,

    /// <summary>The result is similar; the reason names the difference.</summary>
    Approximated,

    /// <summary>The setting is not in the result; the reason says why.</summary>
    Refused,
}

/// <summary>The outcome of one source setting. It never contains the setting's value.</summary>
/// <param name="Setting">Its path as written, such as <c>model_list[0].litellm_params.rpm</c>.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Ours">The setting of Switchyard; null if none was written.</param>
/// <param name="Reason">The difference, or why it is refused; null if it is exact.</param>
internal sealed record Finding(string Setting, int Line, Outcome Outcome, string? Ours, string? Reason);

namespace Switchyard.Guards;

/// <summary>
/// Checks the texts of requests and answers. One object serves all calls, so it must be thread-safe. If it throws, the guard has failed,
/// not the call. Guards run in this order: blocking, masking, asking a service, plugins.
/// </summary>
public interface IGuard
{
    /// <summary>Checks the texts of one side of a call.</summary>
    ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken);
}

/// <summary>The texts of a call that a guard checks.</summary>
/// <param name="Side">The request or the answer.</param>
/// <param name="Texts">
/// The texts: messages, instructions, arguments and results of tools. Guards that ran earlier have already masked their matches.
/// </param>
public sealed record GuardSubject(GuardSide Side, IReadOnlyList<string> Texts)
{
    /// <summary>The call's id.</summary>
    public string CallId { get; init; } = "";

    /// <summary>The model as the client named it.</summary>
    public string Model { get; init; } = "";

    /// <summary>The tenant; null if none.</summary>
    public string? Tenant { get; init; }
}

/// <summary>The side of a call.</summary>
public enum GuardSide
{
    /// <summary>The client's request.</summary>
    Request,

    /// <summary>The answer to the client.</summary>
    Answer,
}

/// <summary>A guard's verdict.</summary>
public sealed record GuardVerdict
{
    private GuardVerdict(GuardAction action, IReadOnlyList<GuardMatch> matches) => (Action, Matches) = (action, matches);

    /// <summary>Nothing was found.</summary>
    public static GuardVerdict Pass { get; } = new(GuardAction.Pass, []);

    /// <summary>
    /// The guard failed, and its configuration lets the call pass unchecked. Differs from <see cref="Pass"/> by reference.
    /// </summary>
    internal static GuardVerdict Unseen { get; } = new(GuardAction.Pass, []);

    /// <summary>The action to take.</summary>
    public GuardAction Action { get; }

    /// <summary>The matches and their positions.</summary>
    public IReadOnlyList<GuardMatch> Matches { get; }

    /// <summary>Refuses the call.</summary>
    /// <param name="matches">What was found; at least its kind, which the client receives. Never the text itself.</param>
    public static GuardVerdict Block(params IReadOnlyList<GuardMatch> matches) => new(GuardAction.Block, matches);

    /// <summary>Masks the matches. Without matches it is <see cref="Pass"/>.</summary>
    public static GuardVerdict Mask(params IReadOnlyList<GuardMatch> matches) =>
        matches.Count == 0 ? Pass : new(GuardAction.Mask, matches);
}

/// <summary>The action of a verdict.</summary>
public enum GuardAction
{
    /// <summary>The text passes unchanged.</summary>
    Pass,

    /// <summary>The matches are replaced by placeholders.</summary>
    Mask,

    /// <summary>The call is refused.</summary>
    Block,
}

/// <summary>One match.</summary>
/// <param name="Kind">Its kind, in lower-case letters, digits, <c>-</c> and <c>_</c>: <c>email</c>. Shown to clients, in logs and in
/// metrics.</param>
public readonly record struct GuardMatch(string Kind)
{
    /// <summary>The index of the text, from 0.</summary>
    public int Text { get; init; }

    /// <summary>Its start in that text.</summary>
    public int Start { get; init; }

    /// <summary>Its length; 0 if only the kind is known.</summary>
    public int Length { get; init; }
}

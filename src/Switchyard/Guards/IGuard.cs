namespace Switchyard.Guards;

/// <summary>
/// Looks at the texts of requests and answers. One object serves all calls, so it must be thread-safe; what it throws is its failure, not
/// the call's. It is asked in the order: those that block, those that mask, those that ask elsewhere, those of plugins.
/// </summary>
public interface IGuard
{
    /// <summary>Looks at the texts of one side of a call.</summary>
    ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken);
}

/// <summary>What a guard looks at.</summary>
/// <param name="Side">Whether it is the request or the answer.</param>
/// <param name="Texts">
/// The texts: messages, instructions, arguments and results of tools. Guards before this one have masked what they mask.
/// </param>
public sealed record GuardSubject(GuardSide Side, IReadOnlyList<string> Texts)
{
    /// <summary>The call's id.</summary>
    public string CallId { get; init; } = "";

    /// <summary>The model as the client named it.</summary>
    public string Model { get; init; } = "";

    /// <summary>The tenant; null for none.</summary>
    public string? Tenant { get; init; }
}

/// <summary>The side of a call.</summary>
public enum GuardSide
{
    /// <summary>What the client sends.</summary>
    Request,

    /// <summary>What it is answered.</summary>
    Answer,
}

/// <summary>What a guard says.</summary>
public sealed record GuardVerdict
{
    private GuardVerdict(GuardAction action, IReadOnlyList<GuardMatch> matches) => (Action, Matches) = (action, matches);

    /// <summary>Nothing was found.</summary>
    public static GuardVerdict Pass { get; } = new(GuardAction.Pass, []);

    /// <summary>Nobody looked: a guard failed that lets pass what it cannot look at. Told from <see cref="Pass"/> by reference.</summary>
    internal static GuardVerdict Unseen { get; } = new(GuardAction.Pass, []);

    /// <summary>What is to be done.</summary>
    public GuardAction Action { get; }

    /// <summary>What was found, and where.</summary>
    public IReadOnlyList<GuardMatch> Matches { get; }

    /// <summary>The call is to be refused.</summary>
    /// <param name="matches">What was found; at least its kind, which the client is told. Never the text itself.</param>
    public static GuardVerdict Block(params IReadOnlyList<GuardMatch> matches) => new(GuardAction.Block, matches);

    /// <summary>What was found is to be replaced. No matches are a pass.</summary>
    public static GuardVerdict Mask(params IReadOnlyList<GuardMatch> matches) =>
        matches.Count == 0 ? Pass : new(GuardAction.Mask, matches);
}

/// <summary>What a guard wants to be done.</summary>
public enum GuardAction
{
    /// <summary>Nothing.</summary>
    Pass,

    /// <summary>What was found is replaced by placeholders.</summary>
    Mask,

    /// <summary>The call is refused.</summary>
    Block,
}

/// <summary>Something that was found.</summary>
/// <param name="Kind">What it is, in lower-case letters, digits, <c>-</c> and <c>_</c>: <c>email</c>. Told to clients, logs and
/// metrics.</param>
/// <param name="Text">The number of the text, from 0.</param>
/// <param name="Start">Where it begins in that text.</param>
/// <param name="Length">How long it is; 0 where only the kind is known.</param>
public readonly record struct GuardMatch(string Kind, int Text = 0, int Start = 0, int Length = 0);

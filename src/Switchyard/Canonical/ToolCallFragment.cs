using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// A piece of a tool call during a stream, so that arguments reach a streaming client as they are generated. A decoder
/// whose provider streams arguments emits fragments and, once the call is whole, one <c>FunctionCallContent</c> that carries the same
/// position under <see cref="CanonicalKeys.ToolCallIndex"/>; a decoder whose provider sends whole calls emits only the latter.
/// </summary>
/// <remarks>
/// A stream encoder writes fragments at once and then skips the whole call of that position; the in-process client does the reverse: it
/// drops fragments and returns whole calls.
/// </remarks>
public sealed class ToolCallFragment : AIContent
{
    /// <summary>The position of its call in the message, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The call's id; set on the first fragment of a call only.</summary>
    public string? CallId { get; init; }

    /// <summary>The function's name; set on the first fragment of a call only.</summary>
    public string? Name { get; init; }

    /// <summary>The next piece of the arguments' text; empty when the fragment only opens the call.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Whether the call is to a custom tool, whose input is free text rather than JSON.</summary>
    public bool IsCustom { get; init; }
}

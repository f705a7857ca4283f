using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Counts the contents of one choice. The pieces in which a stream brings a text, reasoning, a recording or a call count as one, so that a
/// content has the same place in a stream as in a whole answer.
/// </summary>
internal struct AnswerPositions
{
    private int _count;
    private Piece _last;
    private int _calls;

    private enum Piece
    {
        None,
        Text,
        Refusal,
        Reasoning,
        Audio,
    }

    /// <summary>The place of the next content.</summary>
    public int Next(AIContent content)
    {
        switch (content)
        {
            case UsageContent:
                return _count;
            case ToolCallFragment fragment when fragment.Index < _calls:
            case FunctionCallContent { AdditionalProperties: { } kept }
                when kept.TryGetValue(CanonicalKeys.ToolCallIndex, out var index) && index is int at && at < _calls:
                return Math.Max(0, _count - 1);
            case ToolCallFragment:
                _calls++;
                break;
        }

        var piece = PieceOf(content);
        if (piece == Piece.None || piece != _last)
            _count++;
        _last = piece;
        return _count - 1;
    }

    private static Piece PieceOf(AIContent content) => content switch
    {
        TextReasoningContent => Piece.Reasoning,
        TextContent text => text.AdditionalProperties?.ContainsKey(CanonicalKeys.Refusal) == true ? Piece.Refusal : Piece.Text,
        DataContent data when data.HasTopLevelMediaType("audio") => Piece.Audio,
        _ => Piece.None,
    };
}

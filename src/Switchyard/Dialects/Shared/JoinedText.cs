using System.Text;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The pieces of a text as one. Usually there is one piece, and then nothing is copied; but an event of a provider, or a client's message,
/// may hold thousands.
/// </summary>
internal struct JoinedText
{
    private string? _first;
    private StringBuilder? _all;

    /// <summary>Whether there was no piece, not even an empty one.</summary>
    public readonly bool IsNone => _first is null;

    /// <summary>Takes the next piece.</summary>
    public void Add(string piece)
    {
        if (_first is null)
            _first = piece;
        else
            (_all ??= new StringBuilder(_first)).Append(piece);
    }

    /// <summary>All of it.</summary>
    public override readonly string ToString() => _all?.ToString() ?? _first ?? "";
}

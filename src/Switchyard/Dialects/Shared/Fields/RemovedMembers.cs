namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// Members of an object that are cut out of its bytes. Neighbours are cut as one: each alone could claim the comma between
/// them.
/// </summary>
internal struct RemovedMembers
{
    private int _start;
    private int _end;

    /// <summary>Takes a member to remove.</summary>
    /// <param name="start">Where its name begins.</param>
    /// <param name="end">Where its value ends.</param>
    public void Add(int start, int end)
    {
        if (_end == 0)
            _start = start;
        _end = end;
    }

    /// <summary>Ends a run of neighbours, at a member that stays or at the end of the object.</summary>
    /// <returns>Whether there was a run, and so an edit.</returns>
    public bool TryClose(ReadOnlySpan<byte> body, out ForwardEdit edit)
    {
        edit = default;
        if (_end == 0)
            return false;
        edit = Removal(body, _start, _end);
        _end = 0;
        return true;
    }

    /// <summary>Removes a range with the comma that follows it or, for the last members, the comma before it.</summary>
    private static ForwardEdit Removal(ReadOnlySpan<byte> body, int start, int end)
    {
        var next = end;
        while (IsWhiteSpace(body[next]))
            next++;
        if (body[next] == (byte)',')
            return new ForwardEdit(start, next + 1 - start, default);
        var before = start - 1;
        while (IsWhiteSpace(body[before]))
            before--;
        return body[before] == (byte)',' ? new ForwardEdit(before, end - before, default) : new ForwardEdit(start, end - start, default);
    }

    private static bool IsWhiteSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}

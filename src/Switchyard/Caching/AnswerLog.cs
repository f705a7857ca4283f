namespace Switchyard.Caching;

/// <summary>A piece of an answer with several readers.</summary>
/// <param name="Bytes">The piece: bytes for the client, or an object as JSON.</param>
/// <param name="Original">The object itself, for the first caller; null for bytes.</param>
/// <param name="IsOpaque">Whether the object has no JSON form, so that no other caller can get it.</param>
internal readonly record struct Piece(ReadOnlyMemory<byte> Bytes, object? Original = null, bool IsOpaque = false);

/// <summary>
/// The pieces of one answer while it arrives. Each reader begins with the first piece and reads at its own pace. Up to a limit all pieces
/// are held; a longer answer accepts no more readers and is held only as far as a reader still needs it. A single reader then slows its
/// provider down; of several, those that are a whole limit behind delay the others by at most a second in all, and are then cut off.
/// Thread-safe.
/// </summary>
/// <param name="limit">The most bytes that are held.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">The longest total delay that slow readers may cause for the others; null takes a second.</param>
internal sealed class AnswerLog(long limit, TimeProvider time, TimeSpan? patience = null)
{
    private readonly Lock _gate = new();
    private readonly List<Piece> _pieces = [];
    private readonly List<LogReader> _readers = [];
    private TaskCompletionSource? _more;
    private TaskCompletionSource? _room;
    private int _dropped;
    private long _held;
    private bool _ended;
    private TimeSpan _patience = patience ?? TimeSpan.FromSeconds(1);

    /// <summary>Whether all of it is held, from its first piece on.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Whether the answer is complete or broken off: no further piece follows.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_gate)
                return _ended;
        }
    }

    /// <summary>The number of bytes held.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
                return _held;
        }
    }

    /// <summary>Opens a reader; null if the beginning of the answer is no longer held.</summary>
    /// <param name="takesOriginals">Whether the reader may get the objects themselves. Only one reader may.</param>
    public LogReader? Open(bool takesOriginals)
    {
        lock (_gate)
        {
            if (!IsWhole)
                return null;
            var reader = new LogReader(this, takesOriginals);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>Adds a piece, and waits while more than the limit is held.</summary>
    public ValueTask AppendAsync(Piece piece, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _pieces.Add(piece);
            _held += piece.Bytes.Length;
            IsWhole &= _held <= limit && !piece.IsOpaque;
            Wake(ref _more);
            if (_held <= limit || HasRoom())
                return ValueTask.CompletedTask;
        }

        return new(WaitForRoomAsync(cancellationToken));
    }

    /// <summary>Marks the end: no further piece follows.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Wake(ref _more);
        }
    }

    /// <summary>All pieces, joined.</summary>
    /// <param name="separator">The byte between two pieces; null for none.</param>
    public ReadOnlyMemory<byte> Join(byte? separator)
    {
        lock (_gate)
        {
            if (_pieces is [var only])
                return only.Bytes;
            var whole = new byte[_held + (separator is null ? 0 : _pieces.Count)];
            var at = 0;
            foreach (var piece in _pieces)
            {
                piece.Bytes.Span.CopyTo(whole.AsSpan(at));
                at += piece.Bytes.Length;
                if (separator is { } mark)
                    whole[at++] = mark;
            }

            return whole;
        }
    }

    /// <summary>The next piece for a reader, if it has arrived.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="more">Completes when another try is worthwhile; null at the end.</param>
    internal bool TryRead(LogReader reader, out Piece piece, out Task? more)
    {
        lock (_gate)
        {
            (piece, more) = (default, null);
            if (reader.IsCut)
                return false;
            var at = reader.Position - _dropped;
            if (at < _pieces.Count)
            {
                piece = _pieces[at];
                reader.Position++;
                Wake(ref _room);
                return true;
            }

            if (!_ended)
                more = (_more ??= New()).Task;
            return false;
        }
    }

    internal void Close(LogReader reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader);
            Wake(ref _room);
        }
    }

    private async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            bool isHeldUp;
            lock (_gate)
            {
                if (HasRoom())
                    return;
                isHeldUp = _readers.Exists(HasReadAll);
                room = (_room ??= New()).Task;
            }

            var begun = time.GetTimestamp();
            try
            {
                await room.WaitAsync(isHeldUp ? _patience : Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Checked above.
            }

            if (isHeldUp)
                _patience -= time.GetElapsedTime(begun);
        }
    }

    /// <summary>Drops pieces that no reader needs and, after the patience, readers that delay one that has read everything.</summary>
    private bool HasRoom()
    {
        DropRead();
        if (_held <= limit)
            return true;
        if (_patience > TimeSpan.Zero || !_readers.Exists(HasReadAll))
            return false;
        foreach (var reader in _readers.Where(reader => BytesBefore(reader) > limit).ToList())
        {
            reader.IsCut = true;
            _readers.Remove(reader);
        }

        Wake(ref _more);
        DropRead();
        return true;
    }

    private bool HasReadAll(LogReader reader) => reader.Position == _dropped + _pieces.Count;

    private void DropRead()
    {
        var needed = _readers.Count == 0 ? _dropped + _pieces.Count : _readers.Min(reader => reader.Position);
        var count = needed - _dropped;
        if (count == 0)
            return;
        for (var i = 0; i < count; i++)
            _held -= _pieces[i].Bytes.Length;
        _pieces.RemoveRange(0, count);
        _dropped = needed;
    }

    private long BytesBefore(LogReader reader)
    {
        long bytes = 0;
        for (var i = reader.Position - _dropped; i < _pieces.Count; i++)
            bytes += _pieces[i].Bytes.Length;
        return bytes;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Wake(ref TaskCompletionSource? waiting)
    {
        waiting?.TrySetResult();
        waiting = null;
    }
}

/// <summary>A reader of an answer that is still arriving. Not thread-safe: one reader belongs to one flow.</summary>
internal sealed class LogReader(AnswerLog log, bool takesOriginals)
{
    /// <summary>Whether it may get the objects themselves.</summary>
    public bool TakesOriginals => takesOriginals;

    /// <summary>Whether it was cut off because it was too far behind.</summary>
    public bool IsCut { get; internal set; }

    /// <summary>The number of pieces read. Written under the log's lock.</summary>
    internal int Position { get; set; }

    /// <summary>The next piece; null at the end.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<Piece?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return log.TryRead(this, out var piece, out var more) ? new(piece)
            : more is null ? default
            : WaitAsync(more, cancellationToken);
    }

    /// <summary>Stops reading.</summary>
    public void Close() => log.Close(this);

    private async ValueTask<Piece?> WaitAsync(Task more, CancellationToken cancellationToken)
    {
        while (true)
        {
            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (log.TryRead(this, out var piece, out var again))
                return piece;
            if (again is null)
                return null;
            more = again;
        }
    }
}

using System.Buffers;
using Switchyard.Calls;
using Switchyard.Egress.Exchange;

namespace Switchyard.Stored;

/// <summary>What a provider says of something it keeps: JSON that has been read whole, or bytes passed on as they arrive.</summary>
public sealed class StoredAnswer : ForwardedResponse
{
    private const int BufferSize = 32 * 1024;

    private readonly StoredExchange? _exchange;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly BatchOutput? _output;
    private readonly Action<BatchOutput>? _whenRead;
    private byte[] _buffer = [];
    private bool _isRead;

    /// <summary>An answer that has been read.</summary>
    internal StoredAnswer(string provider, int status, ReadOnlyMemory<byte> json)
    {
        (Provider, Status, _whole) = (provider, status, json);
        ContentType = "application/json";
        ContentLength = json.Length;
    }

    /// <summary>An answer that is passed on as it arrives. It takes the exchange over.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="whenRead">Takes what a batch's output says, once all of it was read; null for any other answer.</param>
    internal StoredAnswer(StoredExchange exchange, Action<BatchOutput>? whenRead = null)
    {
        (_output, _whenRead) = (whenRead is null ? null : new BatchOutput(), whenRead);
        _exchange = exchange;
        (Provider, Status) = (exchange.Provider, exchange.Status);
        (ContentType, ContentLength) = (exchange.ContentType, exchange.ContentLength);
        IsStream = ContentTypes.IsEventStream(ContentType);
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>The provider that keeps it.</summary>
    public string Provider { get; }

    /// <inheritdoc/>
    public override int Status { get; }

    /// <inheritdoc/>
    public override string ContentType { get; }

    /// <inheritdoc/>
    public override long? ContentLength { get; }

    /// <inheritdoc/>
    public override bool IsStream { get; }

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (_exchange is null)
        {
            IsComplete = _isRead;
            (var bytes, _isRead) = (_isRead ? default : _whole, true);
            return bytes;
        }

        try
        {
            var read = await _exchange.Body.ReadAsync(_buffer, _exchange.Token).ConfigureAwait(false);
            IsComplete = read == 0;
            _output?.Read(_buffer.AsSpan(0, read));
            return _buffer.AsMemory(0, read);
        }
        catch (Exception e)
        {
            Error = _exchange.Explain(e, isOpenStream: IsStream);
            return default;
        }
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync()
    {
        // What was read whole is complete whether its reader asked for the end of it or not.
        IsComplete |= _exchange is null && _isRead;
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        _exchange?.Dispose();
        if (_output is not null)
        {
            // What was broken off says nothing of the whole.
            if (IsComplete)
                _whenRead!(_output);
            _output.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}

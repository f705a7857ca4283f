using System.Buffers;
using Switchyard.Calls;
using Switchyard.Egress.Exchange;

namespace Switchyard.Stored;

/// <summary>A provider's answer about a stored object: JSON that was read completely, or bytes forwarded as they arrive.</summary>
public sealed class StoredAnswer : ForwardedResponse
{
    private const int BufferSize = 32 * 1024;

    private readonly StoredExchange? _exchange;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly ChargedDownload? _download;
    private byte[] _buffer = [];
    private bool _isRead;

    /// <summary>An answer that was read completely.</summary>
    internal StoredAnswer(string provider, int status, ReadOnlyMemory<byte> json)
    {
        (Provider, Status, _whole) = (provider, status, json);
        ContentType = "application/json";
        ContentLength = json.Length;
    }

    /// <summary>An answer that is forwarded as it arrives. It takes over the exchange.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="download">
    /// Reads the answer if it is charged by what it says and not charged yet; null for any other answer. It takes over this, too.
    /// </param>
    internal StoredAnswer(StoredExchange exchange, ChargedDownload? download = null)
    {
        (_exchange, _download) = (exchange, download);
        (Provider, Status) = (exchange.Provider, exchange.Status);
        (ContentType, ContentLength) = (exchange.ContentType, exchange.ContentLength);
        IsStream = ContentTypes.IsEventStream(ContentType);
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>Whether its body is read; otherwise it ends after its headers, and the connection is closed.</summary>
    internal bool HasBody { get; init; } = true;

    /// <summary>The provider that stores it.</summary>
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

        if (!HasBody)
        {
            IsComplete = true;
            return default;
        }

        // After a failure nothing is read: the last read of an answer that is charged may still run.
        if (Error is not null)
            return default;
        try
        {
            var read = _download is null
                ? await _exchange.Body.ReadAsync(_buffer, _exchange.Token).ConfigureAwait(false)
                : await _download.ReadAsync(_exchange, _buffer).ConfigureAwait(false);
            IsComplete = read == 0;
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
        // A completely read answer is complete whether or not its reader read to the end.
        IsComplete |= _exchange is null && _isRead;
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (_download is not null)
        {
            _download.End(_exchange!, buffer, IsComplete);
            return ValueTask.CompletedTask;
        }

        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        _exchange?.Dispose();
        return ValueTask.CompletedTask;
    }
}

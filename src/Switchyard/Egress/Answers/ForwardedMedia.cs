using System.Buffers;
using Switchyard.Calls;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// An answer that is neither JSON nor an event stream (audio, or a transcript as text), forwarded as it arrives. It counts as open when
/// its first bytes have been read; if the provider fails before them, another target can be tried.
/// </summary>
internal sealed class ForwardedMedia : ForwardedResponse
{
    private const int BufferSize = 32 * 1024;

    private readonly UpstreamExchange _exchange;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _first;
    private bool _gaveFirst;

    private ForwardedMedia(UpstreamExchange exchange) => _exchange = exchange;

    public override int Status => _exchange.Status;

    // A browser must not render a transcript as a page.
    public override string ContentType => ContentTypes.IsHtml(_exchange.ContentType)
        ? string.Concat("text/plain", _exchange.ContentType.AsSpan("text/html".Length))
        : _exchange.ContentType;

    public override long? ContentLength => _exchange.ContentLength;

    public override bool IsStream => false;

    /// <summary>Reads the first bytes.</summary>
    /// <exception cref="CallException">
    /// There are none, and the answer is not text: only a transcript (of silence) may be empty. Or they are those of a web page.
    /// </exception>
    public static async ValueTask<ForwardedMedia> OpenAsync(UpstreamExchange exchange)
    {
        var media = new ForwardedMedia(exchange);
        try
        {
            media._first = await exchange.ReadAsync(media._buffer).ConfigureAwait(false);
            if (media._first == 0 && !ContentTypes.IsText(exchange.ContentType))
                throw new CallException(exchange.Malformed("returned an empty response"));
            if (ContentTypes.IsHtml(exchange.ContentType)
                && media._buffer.AsSpan(0, media._first).TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
            {
                throw new CallException(exchange.Malformed(AnswerOpening.WebPage));
            }

            exchange.EnterIdle();
            return media;
        }
        catch
        {
            RentedBuffer.Return(ref media._buffer);
            throw;
        }
    }

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        try
        {
            var read = _gaveFirst ? await _exchange.ReadAsync(_buffer).ConfigureAwait(false) : _first;
            _gaveFirst = true;
            _exchange.Clock.Touch();
            _exchange.Clock.Pause();
            IsComplete = read == 0;
            return _buffer.AsMemory(0, read);
        }
        catch (Exception e)
        {
            Error = _exchange.Explain(e);
            return default;
        }
    }

    protected override ValueTask ReleaseAsync()
    {
        RentedBuffer.Return(ref _buffer);
        _exchange.End(this, default);
        return ValueTask.CompletedTask;
    }
}

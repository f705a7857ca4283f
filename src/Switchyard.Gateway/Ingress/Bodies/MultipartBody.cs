using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// A form on its way through. Its beginning is held, until the model is known and at least as much as memory is set aside for; the rest
/// goes straight from the client to the provider. Every byte passes as it came, but for the model's value; and every byte is looked at,
/// so that a form that turns out broken never reaches the provider whole.
/// </summary>
internal sealed class MultipartBody : IStreamedBody, IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int LongestBoundary = 70;

    private readonly Stream _source;
    private readonly RequestBodyLimit _limit;
    private readonly CancellationToken _aborted;
    private readonly MultipartScanner _scanner;
    private readonly SpooledBytes _held = new();
    private readonly CancellationTokenSource _over = new();
    private readonly long? _length;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private Task _writing = Task.CompletedTask;
    private long _received;
    private bool _receivedAll;
    private bool _passed;

    private MultipartBody(HttpContext http, RequestBodyLimit limit)
    {
        ContentType = http.Request.ContentType!;
        _source = http.Request.Body;
        _length = http.Request.ContentLength;
        _aborted = http.RequestAborted;
        _limit = limit;
        _scanner = new MultipartScanner(Boundary(ContentType));
    }

    /// <inheritdoc/>
    public string ContentType { get; }

    /// <inheritdoc/>
    public bool CanWrite => !_passed;

    /// <summary>The plain fields read so far.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => [.. _scanner.Fields.Select(one => KeyValuePair.Create(one.Name, one.Value))];

    /// <summary>Whether the request is a form.</summary>
    public static bool IsSentIn(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Reads as much of a form as must be known before it can be sent anywhere.</summary>
    /// <exception cref="CallException">It is broken, too large, or broke off.</exception>
    public static async ValueTask<MultipartBody> OpenAsync(HttpContext http, long limit)
    {
        var form = new MultipartBody(http, RequestBodyLimit.Check(http.Request, limit));
        try
        {
            while (!form._receivedAll && (form._scanner.Model is null || form._held.Length < SpooledBytes.MemoryLimit))
                await form._held.AddAsync(await form.ReceiveAsync(form._aborted), form._aborted);
            return form;
        }
        catch
        {
            await form.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public long? LengthWith(string model) => (_receivedAll ? _received : _length) is { } length
        ? length - _scanner.Model!.Length + Encoding.UTF8.GetByteCount(model)
        : null;

    /// <inheritdoc/>
    public Task WriteAsync(Stream output, string model, CancellationToken cancellationToken) =>
        _writing = WriteCoreAsync(output, model, cancellationToken);

    /// <summary>Stops a writer that is still at work, and lets go of what is held.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _held.Dispose();
        _over.Dispose();
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task WriteCoreAsync(Stream output, string model, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
        var named = _scanner.Model!;
        await _held.CopyToAsync(output, 0, named.Start, stop.Token);
        await output.WriteAsync(Encoding.UTF8.GetBytes(model), stop.Token);
        await _held.CopyToAsync(output, named.Start + named.Length, _held.Length, stop.Token);
        while (!_receivedAll)
        {
            _passed = true;
            await output.WriteAsync(await ReceiveAsync(stop.Token), stop.Token);
        }
    }

    /// <summary>The next bytes of the client's, looked at; empty at the end.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await _source.ReadAsync(_buffer, cancellationToken);
        }
        catch (IOException e) when (!_aborted.IsCancellationRequested)
        {
            throw RequestBodyLimit.BrokeOff(e);
        }

        _received += read;
        _limit.Check(_received);
        var bytes = _buffer.AsMemory(0, read);
        _scanner.Read(bytes.Span);
        if (read == 0 || _received == _length)
        {
            _receivedAll = true;
            _scanner.Finish();
        }

        return bytes;
    }

    private static string Boundary(string contentType)
    {
        var boundary = MediaTypeHeaderValue.TryParse(contentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        if (boundary.Length is 0 or > LongestBoundary || boundary.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw MultipartErrors.Broken("its content type names no boundary, or none that can be one");
        return boundary;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// A form (upload) passed on while it is received. Its beginning is buffered, until the model is known and at least 1 MiB has been read;
/// the rest is streamed from the client to the provider. All bytes are sent as they were received, except for the model's value (a new
/// part if only the path names it), and all are scanned, so that a malformed form is never sent to its end.
/// </summary>
internal sealed class MultipartBody : IStreamedBody, IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int LongestBoundary = 70;

    // More answers than any provider gives to one request.
    private const int Most = 1000;

    private readonly HttpContext _http;
    private readonly Stream? _decoded;
    private readonly Stream _source;
    private readonly RequestBodyLimit _limit;
    private readonly CancellationToken _aborted;
    private readonly MultipartScanner _scanner;
    private readonly string _boundary;
    private readonly SpooledBytes _held;
    private readonly CancellationTokenSource _disposed = new();
    private readonly long? _length;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private Task _writing = Task.CompletedTask;
    private long _received;
    private bool _receivedAll;
    private bool _passed;

    private MultipartBody(HttpContext http, RequestBodyLimit limit, SpooledBytes held)
    {
        ContentType = SendableHeader.Require("Content-Type", http.Request.ContentType!);
        _http = http;
        // The boundary first: if it throws, there is no decoder yet that would have to be disposed.
        _boundary = Boundary(ContentType);
        _scanner = new MultipartScanner(_boundary);
        _decoded = BodyEncoding.Decode(http, limit.Bytes);
        _source = _decoded ?? http.Request.Body;
        _length = _decoded is null ? http.Request.ContentLength : null;
        _aborted = http.RequestAborted;
        _limit = limit;
        _held = held;
    }

    /// <inheritdoc/>
    public string ContentType { get; }

    /// <inheritdoc/>
    public bool CanWrite => !_passed;

    /// <inheritdoc/>
    public int Choices => _scanner.Fields.FirstOrDefault(static sent => sent.Name == "n") is not { } count ? _receivedAll ? 1 : 0
        : double.TryParse(count.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (int)Math.Clamp(number, 1, Most)
        : 1;

    /// <summary>The fields read so far that are not files.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields =>
        [.. _scanner.Fields.Select(found => KeyValuePair.Create(found.Name, found.Value))];

    /// <summary>Whether the request is a form, by its content type.</summary>
    public static bool IsSentIn(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Reads the beginning of a form, as far as it must be known before it can be sent.</summary>
    /// <exception cref="CallException">The form is malformed, too large, too slow, or ended early.</exception>
    public static async ValueTask<MultipartBody> OpenAsync(HttpContext http, RequestLimits limits, BodyPool pool, TimeSpan patience)
    {
        var limit = RequestBodyLimit.Check(http.Request, limits.MaxBodyBytes);
        var form = new MultipartBody(http, limit, new SpooledBytes(pool, limits.MaxBodiesBytes));
        using var slow = new SlowBody(http, pool.Time, patience);
        try
        {
            while (!form._receivedAll && (form._scanner.Model is null || form._held.Length < SpooledBytes.MemoryLimit))
                await form._held.AddAsync(await form.ReceiveAsync(form._aborted), form._aborted);
            return form;
        }
        catch (Exception)
        {
            await form.DisposeAsync();
            if (slow.Explain() is { } tooSlow)
                throw tooSlow;
            throw;
        }
    }

    /// <inheritdoc/>
    public long? LengthWith(string model) => (_receivedAll ? _received : _length) is { } length
        ? length - (_scanner.Model?.Length ?? 0) + WrittenAs(model).Length
        : null;

    /// <inheritdoc/>
    public Task WriteAsync(Stream output, string model, CancellationToken cancellationToken) =>
        _writing = WriteCoreAsync(output, model, cancellationToken);

    /// <summary>Stops a write that is still running, and releases the buffers and the temporary file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _held.Dispose();
        if (_decoded is not null)
            await _decoded.DisposeAsync();
        _disposed.Dispose();
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task WriteCoreAsync(Stream output, string model, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var (start, length) = _scanner.Model is { } field ? (field.Start, field.Length) : (_scanner.Start, 0);
        await _held.CopyToAsync(output, 0, start, stop.Token);
        await output.WriteAsync(WrittenAs(model), stop.Token);
        await _held.CopyToAsync(output, start + length, _held.Length, stop.Token);
        while (!_receivedAll)
        {
            _passed = true;
            await output.WriteAsync(await ReceiveAsync(stop.Token), stop.Token);
        }
    }

    /// <summary>The model as it is written into the form: as the field's value, or as a part before the first.</summary>
    private byte[] WrittenAs(string model) => Encoding.UTF8.GetBytes(_scanner.Model is not null
        ? model
        : $"--{_boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n");

    /// <summary>Reads and scans the next bytes of the client; empty at the end.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await _source.ReadAsync(_buffer, cancellationToken);
        }
        catch (Exception e) when (BodyFault.Of(e, _http) is { } fault)
        {
            throw fault;
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
        // Of two boundaries one reader takes the first and another the last, and each sees a different form.
        var boundary = MediaTypeHeaderValue.TryParse(contentType, out var type) && type.Parameters.Count(IsBoundary) == 1
            ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString()
            : "";
        if (boundary.Length is 0 or > LongestBoundary || boundary.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw MultipartErrors.Broken("its content type does not name exactly one boundary, of at most 70 plain characters");
        // Some readers decode field names by it: a field with another name here may be the model there.
        if (type?.Parameters.Any(HidesNames) is true)
            throw MultipartErrors.Broken("its content type names a charset that is not compatible with ASCII; use utf-8, or leave it out");
        return boundary;

        // boundary* is another spelling of it, which few readers know.
        static bool IsBoundary(NameValueHeaderValue parameter) =>
            parameter.Name.AsSpan().TrimEnd('*').Equals("boundary", StringComparison.OrdinalIgnoreCase);

        static bool HidesNames(NameValueHeaderValue parameter) =>
            parameter.Name.AsSpan().TrimEnd('*').Equals("charset", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(parameter.Value).ToString().ToLowerInvariant()
                is not ("utf-8" or "utf8" or "us-ascii" or "ascii" or "iso-8859-1" or "latin1" or "windows-1252");
    }
}

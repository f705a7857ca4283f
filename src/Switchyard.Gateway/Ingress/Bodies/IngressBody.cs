using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A request's body as it was received: JSON read whole, or a form whose beginning has been read. The default: no body.</summary>
internal readonly struct IngressBody : IAsyncDisposable
{
    // One field for both, because every request that waits for its answer holds this struct.
    private readonly object? _body;

    private IngressBody(object body) => _body = body;

    private MultipartBody? Form => _body as MultipartBody;

    private PooledBytes Json => (PooledBytes)_body!;

    /// <exception cref="CallException">The body is neither JSON nor a form, too large, malformed, or ended early.</exception>
    public static async ValueTask<IngressBody> ReadAsync(HttpContext http, bool takesForm, CallSnapshot snapshot, BodyPool pool)
    {
        var (limits, patience) = (snapshot.Section(RequestLimits.Section)!, snapshot.Clocks.Total);
        return takesForm && MultipartBody.IsSentIn(http.Request)
            ? new(await MultipartBody.OpenAsync(http, limits, pool, patience))
            : new(await RequestBodyReader.ReadAsync(http, limits, pool, patience));
    }

    /// <summary>Reads the facts that policies and routing need.</summary>
    /// <exception cref="CallException">A required field is missing or invalid.</exception>
    public CallEnvelope ReadEnvelope(IIngressDialect dialect, IngressRequest request) =>
        Form is { } form ? dialect.ReadFormEnvelope(request, form.Fields) : dialect.ReadEnvelope(request, Json.Memory.Span);

    /// <summary>Creates the body of a call. For JSON it takes its own hold on the bytes; a form stays owned by this object.</summary>
    public CallBody ToCallBody(IIngressDialect dialect, CallEnvelope envelope) =>
        Form is { } form ? CallBody.FromStream(dialect, form) : CallBody.FromWire(dialect, envelope, Json);

    /// <summary>Releases the bytes. A request still being sent has its own hold on JSON; the sending of a form is stopped.</summary>
    public ValueTask DisposeAsync()
    {
        (_body as PooledBytes)?.Release();
        return Form?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

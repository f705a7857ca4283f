using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A request's body as it was received: JSON read whole, or a form whose beginning has been read.</summary>
internal sealed class IngressBody : IAsyncDisposable
{
    private readonly PooledBytes? _json;
    private readonly MultipartBody? _form;

    private IngressBody(PooledBytes? json, MultipartBody? form)
    {
        _json = json;
        _form = form;
    }

    /// <exception cref="CallException">The body is neither JSON nor a form, too large, malformed, or ended early.</exception>
    public static async ValueTask<IngressBody> ReadAsync(HttpContext http, bool takesForm, CallSnapshot snapshot, BodyPool pool)
    {
        var (limits, patience) = (snapshot.Section(RequestLimits.Section)!, snapshot.Clocks.Total);
        return takesForm && MultipartBody.IsSentIn(http.Request)
            ? new(null, await MultipartBody.OpenAsync(http, limits, pool, patience))
            : new(await RequestBodyReader.ReadAsync(http, limits, pool, patience), null);
    }

    /// <summary>Reads the facts that policies and routing need.</summary>
    /// <exception cref="CallException">A required field is missing or invalid.</exception>
    public CallEnvelope ReadEnvelope(IIngressDialect dialect, IngressRequest request) =>
        _form is null ? dialect.ReadEnvelope(request, _json!.Memory.Span) : dialect.ReadFormEnvelope(request, _form.Fields);

    /// <summary>Creates the body of a call. For JSON it takes a hold of its own on the bytes; a form stays owned by this object.</summary>
    public CallBody ToCallBody(IIngressDialect dialect, CallEnvelope envelope) =>
        _form is null ? CallBody.FromWire(dialect, envelope, _json!) : CallBody.FromStream(dialect, _form);

    /// <summary>Releases the bytes. A request still being sent has its own hold on JSON; the sending of a form is stopped.</summary>
    public ValueTask DisposeAsync()
    {
        _json?.Release();
        return _form?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A request's body as it was received: JSON read whole, or a form of which the beginning is there.</summary>
internal sealed class IngressBody : IAsyncDisposable
{
    private readonly PooledBytes? _json;
    private readonly MultipartBody? _form;

    private IngressBody(PooledBytes? json, MultipartBody? form)
    {
        _json = json;
        _form = form;
    }

    /// <exception cref="CallException">It is neither, too large, or broken.</exception>
    public static async ValueTask<IngressBody> ReadAsync(HttpContext http, bool takesForm, long limit) =>
        takesForm && MultipartBody.IsSentIn(http.Request)
            ? new(null, await MultipartBody.OpenAsync(http, limit))
            : new(await RequestBodyReader.ReadAsync(http, limit), null);

    /// <summary>What every policy needs to know.</summary>
    /// <exception cref="CallException">A required field is missing or wrong.</exception>
    public CallEnvelope ReadEnvelope(IIngressDialect dialect, IngressRequest request) =>
        _form is null ? dialect.ReadEnvelope(request, _json!.Memory.Span) : dialect.ReadFormEnvelope(request, _form.Fields);

    /// <summary>The body of a call.</summary>
    public CallBody ToCallBody(IIngressDialect dialect, CallEnvelope envelope) =>
        _form is null ? CallBody.FromWire(dialect, envelope, _json!) : CallBody.FromStream(dialect, _form);

    /// <summary>Lets go of what is held. A transport that still reads JSON keeps its own hold; one that reads a form is stopped.</summary>
    public ValueTask DisposeAsync()
    {
        _json?.Release();
        return _form?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// Ends the reading of a body that takes longer than a call may. The server's own lower limit of bytes per second lets a client stretch a
/// large body over days.
/// </summary>
internal sealed class SlowBody : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HttpContext _http;
    private readonly TimeSpan _patience;
    private readonly ITimer _timer;
    private bool _ended;
    private bool _gaveUp;

    /// <param name="http">The request.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long the rest of the body may take.</param>
    public SlowBody(HttpContext http, TimeProvider time, TimeSpan patience)
    {
        _http = http;
        _patience = patience;
        _timer = time.CreateTimer(static state => ((SlowBody)state!).GiveUp(), this, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The error to report instead of an exception while reading; null if the time had not run out.</summary>
    public CallException? Explain() => !_gaveUp ? null : new CallException(
        CallErrorKind.RequestTimeout,
        string.Create(
            CultureInfo.InvariantCulture, $"The request's body did not arrive within {_patience.TotalSeconds:0.#} s (timeouts.total)."));

    public void Dispose()
    {
        // Under the lock: the server reuses the context for the next request, whose body a late timer must not end.
        lock (_gate)
            _ended = true;
        _timer.Dispose();
    }

    private void GiveUp()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            _gaveUp = true;
            _http.Request.BodyReader.CancelPendingRead();
        }
    }
}

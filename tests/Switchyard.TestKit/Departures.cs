using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Hosting;
using Switchyard.Pipeline;

namespace Switchyard.TestKit;

/// <summary>
/// Counts the clients that disconnected before their call ended. A gateway notices the closed connection some time after the client has
/// closed it.
/// </summary>
public sealed class Departures : ICallMiddleware
{
    private int _count;

    /// <summary>The number of disconnected clients.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts the clients of a gateway.</summary>
    public void Watch(SwitchyardBuilder builder)
    {
        builder.Services.AddSingleton(this);
        builder.UseCall<Departures>();
    }

    /// <inheritdoc/>
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        call.Aborted.UnsafeRegister(static departures => Interlocked.Increment(ref ((Departures)departures!)._count), this);
        return next(call);
    }
}

using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Egress.Exchange;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The resources of one attempt at a client in this process until its answer has been read: the provider, the lease on it, and the clock.
/// Disposing it releases them.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="attempt">The attempt.</param>
/// <param name="source">The provider.</param>
/// <param name="lease">Keeps the provider from being disposed. The exchange disposes the lease.</param>
/// <param name="clock">The attempt's timeouts. The exchange disposes the clock.</param>
internal sealed class ClientExchange(
    ModelCall call, Attempt attempt, IChatClientProvider source, ProviderLease lease, AttemptClock clock) : IDisposable
{
    public ModelCall Call { get; } = call;

    public Attempt Attempt { get; } = attempt;

    public IChatClientProvider Source { get; } = source;

    public AttemptClock Clock { get; } = clock;

    /// <summary>The name the provider is registered under.</summary>
    public string Provider => lease.Name;

    /// <summary>Whether the caller is in this process, too: it passes objects to the client unchanged, and gets the client's own.</summary>
    public bool IsFromThisProcess => Call.ClientDialect == DialectId.Canonical;

    /// <summary>The client for the attempt's model.</summary>
    public IChatClient GetClient() => Source.GetChatClient(Attempt.Deployment.Model);

    /// <summary>A copy of the request's options, with the attempt's model.</summary>
    /// <exception cref="CallException">The request refers to state that only another provider has.</exception>
    public ChatOptions OptionsFor(CanonicalChatRequest chat)
    {
        KeptFields.RefuseProviderState(chat, DialectId.Canonical);
        var own = chat.Options.Clone();
        own.ModelId = Attempt.Deployment.Model;
        return own;
    }

    /// <summary>Starts the time until the answer must be open.</summary>
    public void StartClock() => AttemptLimit.Of(Call, Attempt, lease).Start(Clock);

    /// <summary>The answer is open: from now on each wait for more of it is limited.</summary>
    public void EnterIdle()
    {
        Clock.Enter(ClockPhase.Idle, Call.Snapshot.Clocks.Idle);
        Clock.Pause();
    }

    /// <summary>The error of an operation that the provider does not serve.</summary>
    public CallException Unsupported() => new(UnsupportedOperation.Error(Call, Provider));

    public void Dispose()
    {
        Clock.Dispose();
        lease.Dispose();
    }
}

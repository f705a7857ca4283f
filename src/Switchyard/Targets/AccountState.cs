namespace Switchyard.Targets;

/// <summary>
/// Whether a provider accepts a credential, learnt from its answers and shared by all deployments that use it. A refused credential (401,
/// 402, 403) is not used for 30 minutes; then one attempt probes it. A changed credential has a new state. Thread-safe.
/// </summary>
internal sealed class AccountState
{
    /// <summary>How long a refused credential is not used.</summary>
    public static readonly TimeSpan OutFor = TimeSpan.FromMinutes(30);

    private readonly CircuitBreaker _circuit = new();

    /// <summary>Whether it may be used now.</summary>
    public bool IsUsable(TimeSpan now) => _circuit.Admits(now);

    /// <summary>Enters as the only probe if its time is over; otherwise reserves nothing.</summary>
    public CircuitPass Enter(TimeSpan now)
    {
        // A refused credential is chosen only if no other is left, so its attempt counts like a probe.
        var pass = _circuit.Enter(now);
        return pass == CircuitPass.Refused ? CircuitPass.LastResort : pass;
    }

    /// <summary>Records that the provider accepted the credential.</summary>
    public void Accepted(CircuitPass pass) => _circuit.Succeeded(pass);

    /// <summary>Records that the provider refused the credential.</summary>
    /// <returns>Whether this refusal takes it out of use.</returns>
    public bool Refused(CircuitPass pass, TimeSpan now) => _circuit.Failed(pass, trips: true, now, OutFor);

    /// <summary>Records an attempt that proves nothing about the credential.</summary>
    public void Released(CircuitPass pass) => _circuit.Released(pass);
}

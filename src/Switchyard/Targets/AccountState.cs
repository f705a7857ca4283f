namespace Switchyard.Targets;

/// <summary>
/// Whether a provider takes a credential, known from its answers and shared by all deployments that use it. A credential it refuses (401,
/// 402, 403) is out for 30 minutes; then one attempt probes it. A changed credential has another state. Thread-safe.
/// </summary>
internal sealed class AccountState
{
    /// <summary>How long a refused credential is out.</summary>
    public static readonly TimeSpan OutFor = TimeSpan.FromMinutes(30);

    private readonly CircuitBreaker _circuit = new();

    /// <summary>Whether the provider has refused it, and not taken it since.</summary>
    public bool IsRefused => _circuit.IsTripped;

    /// <summary>Whether it may be used now without need: it is not out.</summary>
    public bool IsUsable(TimeSpan now) => _circuit.Admits(now);

    /// <summary>Enters as the only probe where its time is over; otherwise nothing is taken.</summary>
    public CircuitPass Enter(TimeSpan now)
    {
        // Whoever chose a refused credential had no other left, so its attempt counts as much as a probe does.
        var pass = _circuit.Enter(now);
        return pass == CircuitPass.Refused ? CircuitPass.LastResort : pass;
    }

    /// <summary>The provider took the credential.</summary>
    public void Accepted(CircuitPass pass) => _circuit.Succeeded(pass);

    /// <summary>The provider refused the credential.</summary>
    /// <returns>Whether it goes out by this.</returns>
    public bool Refused(CircuitPass pass, TimeSpan now) => _circuit.Failed(pass, trips: true, now, OutFor);

    /// <summary>An attempt ended without saying anything about it.</summary>
    public void Released(CircuitPass pass) => _circuit.Released(pass);
}

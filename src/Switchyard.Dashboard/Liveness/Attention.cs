using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.JSInterop;

namespace Switchyard.Dashboard.Liveness;

/// <summary>Whether one browser tab is visible and connected. Only then its page is kept current.</summary>
public sealed class Attention : CircuitHandler
{
    private volatile bool _isHidden;
    private volatile bool _isAway;

    /// <summary>Whether the tab is visible and connected.</summary>
    public bool IsThere => !_isHidden && !_isAway;

    /// <summary>Called by the browser when the tab becomes visible or hidden.</summary>
    [JSInvokable]
    public void SetVisible(bool isVisible) => _isHidden = !isVisible;

    /// <inheritdoc/>
    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        _isAway = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        _isAway = false;
        return Task.CompletedTask;
    }
}

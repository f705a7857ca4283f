using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.JSInterop;

namespace Switchyard.Dashboard.Liveness;

/// <summary>Whether somebody can see what one browser tab shows: it is in front, and connected. Only then it is kept current.</summary>
public sealed class Attention : CircuitHandler
{
    private volatile bool _isHidden;
    private volatile bool _isAway;

    /// <summary>Whether it can be seen.</summary>
    public bool IsThere => !_isHidden && !_isAway;

    /// <summary>The browser says whether the tab is in front.</summary>
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

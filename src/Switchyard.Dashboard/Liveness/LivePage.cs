using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using Switchyard.Auditing;
using Switchyard.Dashboard.Sessions;
using Switchyard.Identity;
using Switchyard.Money;

namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// A page that reads figures when it is opened, and again with every beat while its tab is visible. A user whose session is over is sent to
/// the sign-in form before anything is read.
/// </summary>
public abstract partial class LivePage : ComponentBase, IDisposable
{
    private IDisposable? _listening;
    private int _readings;

    /// <summary>Why the figures could not be read; null if they were.</summary>
    protected string? Problem { get; private set; }

    /// <summary>The lowest role that may see the page.</summary>
    protected virtual AdminRole Role => AdminRole.Viewer;

    /// <summary>Whether the page reads again with every beat.</summary>
    protected virtual bool IsLive => true;

    /// <summary>The user of the page, as of the last reading.</summary>
    protected AdminUser User { get; private set; } = AdminUser.Nobody;

    /// <summary>The address in the browser.</summary>
    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private Pulse Pulse { get; set; } = null!;

    [Inject]
    private Attention Attention { get; set; } = null!;

    [Inject]
    private Visitor Visitor { get; set; } = null!;

    [Inject]
    private ILogger<LivePage> Logger { get; set; } = null!;

    /// <summary>
    /// Reads what the page shows. The address may change before it ends: what was read for another address must not be shown.
    /// </summary>
    protected abstract Task ReadAsync();

    /// <summary>Whether the user has at least a role.</summary>
    protected bool May(AdminRole role) => User.Role >= role;

    /// <summary>Reads again at once, after a change.</summary>
    protected Task RefreshAsync() => TryReadAsync();

    /// <summary>
    /// Whether the user may still see the page. Call it before anything is read; without the role the user is sent to the sign-in form.
    /// </summary>
    protected async Task<bool> MayReadAsync()
    {
        User = await Visitor.GetAsync();
        if (User.Role >= Role)
            return true;
        var here = new Uri(Navigation.Uri).PathAndQuery;
        Navigation.NavigateTo($"sign-in?{SignInEndpoints.ReturnParameter}={Uri.EscapeDataString(here)}", forceLoad: true);
        return false;
    }

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => TryReadAsync();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender && IsLive)
            _listening = Pulse.Listen(() => Attention.IsThere ? InvokeAsync(BeatAsync) : Task.CompletedTask);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops reading.</summary>
    protected virtual void Dispose(bool disposing) => _listening?.Dispose();

    private async Task BeatAsync()
    {
        await TryReadAsync();
        StateHasChanged();
    }

    private async Task TryReadAsync()
    {
        var reading = ++_readings;
        if (!await MayReadAsync())
            return;
        string? problem = null;
        try
        {
            await ReadAsync();
        }
        catch (Exception e) when (e is LedgerException or AuditException)
        {
            problem = e.Message;
        }
        catch (Exception e) when (e is not NavigationException)
        {
            LogUnread(Logger, e, GetType().Name);
            problem = "The figures cannot be read; the gateway's log says why.";
        }

        // Unless the user has asked for something else meanwhile.
        if (reading == _readings)
            Problem = problem;
    }

    [LoggerMessage(1, LogLevel.Error, "The dashboard's {Page} could not be read")]
    private static partial void LogUnread(ILogger logger, Exception cause, string page);
}

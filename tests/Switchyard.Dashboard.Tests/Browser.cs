using Microsoft.Playwright;
using Switchyard.Dashboard.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// Debian's Chromium, started once for all tests. <c>./test</c> installs it; elsewhere <see cref="Missing"/> says why a test is skipped.
/// </summary>
public sealed class Browser : IAsyncDisposable
{
    /// <summary>The size of a desktop window.</summary>
    public const int Width = 1280, Height = 900;

    private const string Program = "/usr/bin/chromium";

    // A busy machine is slow, and no test is about that.
    private const int Patience = 60_000;

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>Why the browser is missing on this machine; null if it is installed.</summary>
    public static string? Missing => File.Exists(Program) ? null : "Chromium is not installed: apt-get install chromium, or run ./test.";

    /// <summary>A separate window: it shares no cookies and no storage with another.</summary>
    public async Task<IBrowserContext> OpenAsync(Uri address, bool isDark = false, bool isPhone = false)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var (_, browser) = await _started.Value;
        var window = await browser.NewContextAsync(new()
        {
            BaseURL = address.ToString(),
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = isPhone ? new() { Width = 390, Height = 844 } : new() { Width = Width, Height = Height },
        });
        window.SetDefaultTimeout(Patience);
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_started.IsValueCreated)
            return;
        var (playwright, browser) = await _started.Value;
        await browser.DisposeAsync();
        playwright.Dispose();
    }

    private static async Task<(IPlaywright, IBrowser)> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(Patience);
        // It is never downloaded: the driver starts the one that is installed, each time with an empty profile.
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Headless = true,
            Timeout = Patience,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        return (playwright, browser);
    }
}

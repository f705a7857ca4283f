using System.Net;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Features that are not configured cost nothing: the dashboard is loaded only if served, and created when first opened.</summary>
public sealed class DashboardLoadTests
{
    private const string Admin = "admin: { key: an-admin-key-of-some-length }\nproviders: { mock: {} }\n";

    [Theory]
    [InlineData(null)]
    [InlineData(Admin + "dashboard: { enabled: false }\n")]
    public async Task Without_a_dashboard_nothing_of_it_is_loaded(string? yaml)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process has loaded is read from /proc.");
        await using var program = await (await Executable.StartAsync(yaml, "serve")).ServingAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await program.Http.GetAsync("/dashboard/sign-in")).StatusCode);
        var loaded = await LoadedAsync(program);

        Assert.Contains("Switchyard.Gateway.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Switchyard.Dashboard.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Components", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Until_it_is_opened_no_page_and_no_plot_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process has loaded is read from /proc.");
        await using var program = await (await Executable.StartAsync(Admin, "serve")).ServingAsync();
        var before = await LoadedAsync(program);
        var page = await program.Http.GetAsync("/");

        Assert.DoesNotContain("Radzen", before, StringComparison.Ordinal);
        Assert.DoesNotContain("Components", before, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("Sign in", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("Components", await LoadedAsync(program), StringComparison.Ordinal);
    }

    private static Task<string> LoadedAsync(Executable program) => File.ReadAllTextAsync($"/proc/{program.ProcessId}/maps");
}

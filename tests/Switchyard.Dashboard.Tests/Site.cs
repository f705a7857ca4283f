using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Switchyard.Configuration;
using Switchyard.Hosting;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// A gateway with a dashboard, a ledger and some traffic, for all tests of a class: it has a provider that answers and one that fails, a
/// budget, a limit, a key of a tenant.
/// </summary>
public sealed class Site : IAsyncLifetime
{
    public const string AdminKey = "an-admin-key-of-some-length";
    public const string OperatorKey = "an-operator-key-of-some-length";
    public const string ViewerKey = "a-viewer-key-of-some-length";
    public const string ClientKey = "sk-a-clients-key";

    /// <summary>Secrets that no page may show.</summary>
    public static readonly string[] Secrets = [AdminKey, OperatorKey, ViewerKey, ClientKey, "sk-upstream-secret", "canary-of-the-tenant"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (IBrowserContext Window, IPage Tab)> _windows = [];

    public FakeUpstream Upstream { get; private set; } = null!;

    public GatewayHost Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await BeginOfTimeAsync();
        Upstream = await FakeUpstream.StartAsync();
        Gateway = await StartAsync(Upstream, _folder, null);
        await TrafficAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (window, _) in _windows.Values)
            await window.DisposeAsync();
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Starts a gateway with the settings of these tests and a test's own changes.</summary>
    public static Task<GatewayHost> StartAsync(FakeUpstream upstream, TemporaryFolder folder, Action<SwitchyardOptions>? configure) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = AdminKey;
                options.Admin.Keys["on-call"] = new() { Key = OperatorKey, Role = "operator" };
                options.Admin.Keys["looks"] = new() { Key = ViewerKey, Role = "viewer" };
                options.Keys["ci"] = new() { Key = ClientKey, Tenant = "acme" };
                options.Tenants["acme"] = new();
                options.Providers["up"] = new()
                {
                    BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = ["some-model", "other-model"],
                };
                options.Providers["broken"] = new()
                {
                    BaseUrl = "http://127.0.0.1:1/v1", Key = "sk-upstream-secret", Models = ["no-model"],
                };
                options.Models["fast"] = new() { Targets = [new() { Model = "up/some-model" }] };
                options.Models["failing"] = new() { Targets = [new() { Model = "broken/no-model" }] };
                options.Models["tried"] = new()
                {
                    Targets = [new() { Model = "up/some-model" }],
                    Experiment = new()
                    {
                        Name = "which",
                        Sticky = "call",
                        Variants =
                        [
                            new() { Name = "a", Target = "up/some-model", Share = 0.5 },
                            new() { Name = "b", Target = "up/other-model", Share = 0.5 },
                        ],
                    },
                };
                // On a busy machine the tests of a class take longer than the minute after which a circuit may be probed.
                options.Circuit = new() { Enabled = true, Failures = 1, Open = TimeSpan.FromHours(1) };
                options.Prices.Models["up/*"] = options.Prices.Models["broken/*"] = new() { Input = 3, Output = 15 };
                options.Limits["up"] = new() { RequestsPerMinute = 1000 };
                options.Budgets.Named["total"] = new() { Usd = 5 };
                options.Cache = new();
                options.Storage.Ledger = $"sqlite:{folder["ledger.db"]}";
                configure?.Invoke(options);
            },
            switchyard => switchyard.AddSwitchyardStorage().KeepRecentCalls(),
            app => app.UseSwitchyardDashboard());

    /// <summary>The admin API's answer.</summary>
    public async Task<JsonElement> AskAsync(string path, string key = AdminKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await Gateway.Http.SendAsync(request);
        return JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).RootElement;
    }

    /// <summary>Makes a call, as the client, and reads its whole answer: a client that leaves before has abandoned the call.</summary>
    public async Task<HttpResponseMessage> CallAsync(string json, params (string, string)[] headers)
    {
        var answer = await Gateway.ChatAsync(json, [.. headers, ("Authorization", $"Bearer {ClientKey}")]);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }

    /// <summary>
    /// Waits until the newest entry of the audit log is of an operation: a page may show a change a moment before it is recorded.
    /// </summary>
    public Task AuditedAsync(string operation) => Wait.ForAsync(async () =>
        (await AskAsync("/admin/audit")).GetProperty("data").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } entry
            && entry.GetProperty("operation").GetString() == operation);

    /// <summary>Opens a page as the owner of a key, who signs in once for all tests of the class. The page open before is left.</summary>
    public async Task<IPage> OpenAsync(Browser browser, string key, string page = "")
    {
        var tab = await OpenTabAsync(browser, key);
        await GoAsync(tab, page);
        return tab;
    }

    /// <summary>
    /// The empty tab of a signed-in user. All tests share it: a new tab would compile all scripts again.
    /// </summary>
    public async Task<IPage> OpenTabAsync(Browser browser, string key)
    {
        foreach (var (_, open) in _windows.Values)
            await open.GotoAsync("about:blank");
        if (!_windows.TryGetValue(key, out var known))
        {
            var window = await browser.OpenAsync(Gateway.Address);
            // Only the form is requested, not the pages behind it: the window keeps the cookies.
            await using var form = await window.APIRequest.GetAsync("/dashboard/sign-in");
            await window.APIRequest.PostAsync("/dashboard/sign-in", new()
            {
                Form = window.APIRequest.CreateFormData().Append("key", key)
                    .Append("__RequestVerificationToken", WebVisitor.TokenOf(await form.TextAsync())),
                MaxRedirects = 0,
            });
            known = _windows[key] = (window, await window.NewPageAsync());
        }

        await known.Tab.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await known.Tab.SetViewportSizeAsync(Browser.Width, Browser.Height);
        return known.Tab;
    }

    /// <summary>Signs in, and waits until the requested page is connected.</summary>
    public static async Task SignInAsync(IPage tab, string key, string page = "")
    {
        await tab.GotoAsync($"/dashboard/{page}");
        await tab.FillAsync("#key", key);
        await tab.ClickAsync("button[type=submit]");
        await LiveAsync(tab);
    }

    /// <summary>Opens a page, and waits until it is connected.</summary>
    public static async Task GoAsync(IPage tab, string page)
    {
        await tab.GotoAsync($"/dashboard/{page}");
        await LiveAsync(tab);
    }

    /// <summary>A figure as a page and the admin API write it.</summary>
    public static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Waits until a page is connected.</summary>
    public static Task LiveAsync(IPage tab) => tab.WaitForSelectorAsync("body[data-live]");

    /// <summary>
    /// Pages show the calls of this hour and of today. An hour or a day that ends meanwhile would leave some of them out: it is waited
    /// for.
    /// </summary>
    private static Task BeginOfTimeAsync()
    {
        var now = TimeProvider.System.GetUtcNow().TimeOfDay;
        var hour = TimeSpan.FromHours(Math.Floor(now.TotalHours) + 1) - now;
        var day = TimeSpan.FromDays(1) - now;
        return hour < TimeSpan.FromSeconds(10) || day < TimeSpan.FromMinutes(3)
            ? Task.Delay((day < TimeSpan.FromMinutes(3) ? day : hour) + TimeSpan.FromSeconds(1))
            : Task.CompletedTask;
    }

    private async Task TrafficAsync()
    {
        for (var i = 0; i < 3; i++)
            Upstream.ThenJson(Some.ChatCompletion());
        for (var i = 0; i < 3; i++)
            await CallAsync(200, Some.ChatRequest("fast", text: $"Hello {i}"), $"call-{i}");
        await CallAsync(502, Some.ChatRequest("broken/no-model"), "call-broken");
        // The last calls reach the ledger a moment after their answers.
        await Wait.ForAsync(async () => (await AskAsync("/admin/usage")).GetProperty("total_requests").GetInt64() >= 4);

        async Task CallAsync(int status, string json, string id)
        {
            using var answer = await this.CallAsync(json, ("x-request-id", id));
            Assert.True(status == (int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }
}

using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Auditing;
using Switchyard.Dashboard.Sessions;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A role is checked at each action, not when the page is opened.</summary>
public sealed class VisitorTests
{
    [Fact]
    public async Task A_viewer_changes_nothing_whatever_their_page_sends_and_the_audit_log_says_so()
    {
        await using var gateway = await StartAsync();
        var (actions, audit) = Actions(gateway, Site.ViewerKey);
        var done = false;

        var problem = await actions.DoAsync(AdminRole.Operator, "DELETE /admin/cache", "", null, () =>
        {
            done = true;
            return Task.CompletedTask;
        });

        Assert.Equal("This needs the role operator.", problem);
        Assert.False(done);
        var entry = Assert.Single(await audit.ListAsync(null, 10, CancellationToken.None));
        Assert.Equal(("looks", "refused: role_missing", 403), (entry.Fact.Who, entry.Fact.Outcome, entry.Fact.Status));
    }

    [Fact]
    public async Task A_key_that_is_taken_away_changes_nothing_any_more_in_an_open_page()
    {
        await using var gateway = await StartAsync();
        var (actions, _) = Actions(gateway, Site.OperatorKey);
        Assert.Null(await actions.DoAsync(AdminRole.Operator, "DELETE /admin/cache", "", null, () => Task.CompletedTask));

        await gateway.Engine.ApplyAsync(options => options.Admin.Keys.Remove("on-call"));

        Assert.NotNull(await actions.DoAsync(AdminRole.Operator, "DELETE /admin/cache", "", null, () => Task.CompletedTask));
    }

    [Fact]
    public async Task What_a_change_says_is_in_the_audit_log_without_its_secrets()
    {
        await using var gateway = await StartAsync();
        var (actions, audit) = Actions(gateway, Site.AdminKey);

        await actions.DoAsync(
            AdminRole.Admin, "PATCH /admin/config", "", """{"providers.x.key":"canary-in-a-change"}""", () => Task.CompletedTask);

        var entry = Assert.Single(await audit.ListAsync(null, 10, CancellationToken.None));
        Assert.DoesNotContain("canary", entry.Fact.Changes!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_ledger_cannot_do_now_is_shown_and_stands_in_the_audit_log()
    {
        await using var gateway = await StartAsync();
        var (actions, audit) = Actions(gateway, Site.OperatorKey);

        var problem = await actions.DoAsync(
            AdminRole.Operator, "POST /admin/budgets/unknown/{call}", "a-call", null,
            () => throw new LedgerException(LedgerFailure.Away, "It is away."));

        var entry = Assert.Single(await audit.ListAsync(null, 10, CancellationToken.None));
        Assert.Equal(("It is away.", "failed: ledger_unavailable", 503), (problem, entry.Fact.Outcome, entry.Fact.Status));
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(options =>
    {
        options.Admin.Key = Site.AdminKey;
        options.Admin.Keys["on-call"] = new() { Key = Site.OperatorKey, Role = "operator" };
        options.Admin.Keys["looks"] = new() { Key = Site.ViewerKey, Role = "viewer" };
    });

    private static (Actions Actions, AuditLog Audit) Actions(GatewayHost gateway, string key)
    {
        var user = gateway.Engine.Snapshot.Section(AdminAccess.Section)!.Find(key)!;
        var ticket = SessionTicket.Create(user, key, TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
        var audit = gateway.Services.GetRequiredService<AuditLog>();
        var visitor = new Visitor(new Known(ticket), gateway.Engine, new(TimeProvider.System), TimeProvider.System);
        return (new(visitor, audit, NullLogger<Actions>.Instance), audit);
    }

    private sealed class Known(System.Security.Claims.ClaimsPrincipal user) : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(user));
    }
}

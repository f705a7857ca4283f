using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>Tenant names ignore letter case: counts of a tenant do not depend on the spelling.</summary>
public sealed class TenantTableTests
{
    [Theory]
    [InlineData("ACME", new[] { "acme" })]
    [InlineData("ACME/build", new[] { "acme/build", "acme" })]
    [InlineData("/acme/OPS/night/", new[] { "acme/Ops/night", "acme/Ops", "acme" })]
    [InlineData("Other/build", new[] { "Other/build", "Other" })]
    public void What_of_a_name_has_an_entry_is_spelled_as_that(string named, string[] expected)
    {
        var options = Options();
        using var store = new LimitStore();
        var tenants = TenantTable.From(options, LimitTable.From(options, store, name => name))!;

        Assert.Equal(expected, tenants.ScopesOf(named).Select(scope => scope.Name));
    }

    [Theory]
    [InlineData("acme", true)]
    [InlineData("acme/build", true)]
    [InlineData("ACME/build", true)]
    [InlineData("acmes/build", false)]
    [InlineData(null, false)]
    public void A_call_counts_for_the_budget_of_the_tenant_above_in_whatever_case_that_is_named(string? tenant, bool counts)
    {
        var call = SomeCall.Of();
        call.SetCaller(Caller.Anonymous, tenant);

        var rule = Assert.Single(BudgetRules.Of(Options()));

        Assert.Equal(counts, rule.Counts(call, MoneyFacts.Of(call, null)));
    }

    private static SwitchyardOptions Options() => new()
    {
        Tenants =
        {
            ["acme"] = new() { Budget = new() { Usd = 1 } },
            ["acme/Ops"] = new(),
        },
    };
}

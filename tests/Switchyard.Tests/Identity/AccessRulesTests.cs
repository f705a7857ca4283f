using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Identity;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>Several lists together: a list never allows a target that another one removes.</summary>
public sealed class AccessRulesTests
{
    // A model under its own name, with another provider as fallback.
    private static readonly Route s_route = new(
        "up/m", new TargetGroup(PrioritySelector.Instance, SomeCall.Deployment("up/m")),
        new TargetGroup(PrioritySelector.Instance, SomeCall.Deployment("other/m")));

    [Fact]
    public void A_target_that_stands_in_for_a_model_is_to_be_allowed_by_the_key_and_by_its_tenant()
    {
        Assert.Equal(["up/m", "other/m"], Left(["up/*", "other/*"], []));
        Assert.Equal(["up/m"], Left(["up/*"], []));
        Assert.Equal(["other/m"], Left(["other/*"], []));

        Assert.Null(Left(["other/*"], ["up/*"]));
        Assert.Null(Left(["up/*"], ["other/*"]));
        Assert.Equal(["other/m"], Left(["other/*"], ["up/*", "other/*"]));
    }

    private static List<string>? Left(string[] key, string[] tenant)
    {
        var own = new CallerScope(CallerScopeKind.Key, "ci").With(AllowList.Slot, AllowList.From("key 'ci'", key, []));
        var above = new CallerScope(CallerScopeKind.Tenant, "acme").With(AllowList.Slot, AllowList.From("tenant 'acme'", tenant, []));
        var found = AccessRules.Apply(AccessRules.AddTo(new Caller("key-1", "ci", own, above)), CallOperation.Chat, s_route);
        return found.Route?.Groups.SelectMany(group => group.Deployments).Select(target => $"{target.Provider}/{target.Model}").ToList();
    }
}

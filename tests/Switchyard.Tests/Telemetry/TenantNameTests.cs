using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Telemetry;

/// <summary>The tenant's name as a label.</summary>
public sealed class TenantNameTests
{
    [Covers("S001-93")]
    [Theory]
    [InlineData("acme/build", "acme/build")]
    [InlineData("  acme  ", "acme")]
    [InlineData("a b\n\"c\"é", "a_b__c__")]
    [InlineData("", null)]
    [InlineData("   ", null)]
    [InlineData(null, null)]
    public void A_name_is_trimmed_and_invalid_characters_become_underscores(string? name, string? expected) =>
        Assert.Equal(expected, TenantNames.Clean(name));

    [Covers("S001-93")]
    [Fact]
    public void A_name_is_cut_at_256_characters() => Assert.Equal(256, TenantNames.Clean(new string('a', 300))!.Length);

    [Covers("S001-93")]
    [Theory]
    [InlineData("mine", "theirs", "tenant=other", "mine")]
    [InlineData(null, " theirs ", "tenant=other", "theirs")]
    [InlineData(null, null, "service.name=x, tenant=last ,tenant.id=a%20b", "a_b")]
    [InlineData(null, null, "service.name=x", "unscoped")]
    [InlineData(null, null, null, "unscoped")]
    public void Calls_without_a_tenant_have_the_configured_label_or_the_environments(
        string? configured, string? label, string? attributes, string expected) =>
        Assert.Equal(expected, TenantNames.DefaultLabel(configured, name => name switch
        {
            "METRICS_TENANT_LABEL" => label,
            "OTEL_RESOURCE_ATTRIBUTES" => attributes,
            _ => null,
        }));
}

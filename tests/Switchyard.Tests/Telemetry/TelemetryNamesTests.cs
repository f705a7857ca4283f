using Switchyard.Telemetry;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Telemetry;

/// <summary>The table of names.</summary>
public sealed class TelemetryNamesTests
{
    private static readonly MetricName[] s_all =
        [.. TelemetryNames.Prometheus(["provider", "compute"]), .. TelemetryNames.Instruments("1.41"), .. TelemetryNames.GenAINext];

    [Covers("S000-71", "S000-72")]
    [Fact]
    public void Every_name_is_explained_in_the_page_about_telemetry()
    {
        var page = Repository.Read("docs/telemetry.md");

        Assert.All(s_all, name => Assert.Contains($"`{name.Name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_stands_once_and_is_of_the_form_that_its_readers_take()
    {
        Assert.Equal(s_all.Length, s_all.Select(name => name.Name).Distinct().Count());
        Assert.All(TelemetryNames.Prometheus(["provider", "compute"]), name =>
        {
            Assert.Matches("^[a-z_]+$", name.Name);
            Assert.Equal(name.Kind == MetricKind.Counter, name.Name.EndsWith("_total", StringComparison.Ordinal));
        });
        Assert.All(TelemetryNames.Instruments("next"), name => Assert.NotNull(name.Unit));
    }
}

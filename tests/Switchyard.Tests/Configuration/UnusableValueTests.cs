using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>Values that can be read and cannot be used.</summary>
public sealed class UnusableValueTests
{
    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void What_is_no_number_is_refused_in_the_file(string written)
    {
        using var given = Given.Yaml($"providers: {{ openai: {{ weight: {written} }} }}");

        Assert.Equal($"switchyard.yaml:1:32: 'providers.openai.weight' must be a number, not '{written}'", given.Problem());
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void And_at_run_time_for_a_provider_that_the_configuration_does_not_name(string written)
    {
        var layer = RuntimeLayer.Of(
            new Dictionary<string, JsonNode?> { ["providers:openai:weight"] = JsonValue.Create(written) });

        var problem = Assert.Single(layer.ApplyTo(new SwitchyardOptions()));

        Assert.Equal($"'providers.openai.weight' must be a number, not '{written}'", problem.Message);
    }

    [Fact]
    public void Heartbeats_are_not_further_apart_than_a_timer_can_wait()
    {
        using var given = Given.Yaml("server: { heartbeat: 60d }");
        using var usual = Given.Yaml("server: { heartbeat: 1d }");

        Assert.Equal("switchyard.yaml:1:22: heartbeat must be at most 1d", given.Problem());
        Assert.Equal(TimeSpan.FromDays(1), usual.Options().Server.Heartbeat);
    }

    [Fact]
    public void A_key_of_thousands_of_parts_is_refused_at_once()
    {
        var key = "strict" + string.Concat(Enumerable.Repeat(".a", 400_000));
        var problems = new List<string>();

        var settings = SettingDocument.Read(
            new JsonObject { [key] = "true", [key.Replace('.', ':')] = "true" }, new SwitchyardOptions(), problems);

        Assert.Empty(settings);
        Assert.Equal(["A key is longer than 1000 characters.", "A key is longer than 1000 characters."], problems);
        Assert.Equal(key, SettingKeys.Parse(key, new SwitchyardOptions(), isEntry: true));
    }

    [Theory]
    [InlineData("sk-of-the-first")]
    [InlineData(null)]
    public void A_reference_within_a_default_is_refused_and_not_cut_at_its_first_brace(string? first)
    {
        using var given = Given.Yaml("providers:\n  openai:\n    key: ${FIRST:-${SECOND}}\n").With("SECOND", "sk-of-the-second");
        if (first is not null)
            given.Environment["FIRST"] = first;

        var problem = given.Problem();

        Assert.StartsWith("switchyard.yaml:3:10: providers.openai.key: the default of ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-of", problem, StringComparison.Ordinal);
    }
}

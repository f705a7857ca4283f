using System.Text.Json;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The configuration and the providers of a running gateway, changed from the command line.</summary>
public sealed class ConfigCommandTests
{
    private const string Admin = "an-admin-key-of-some-length";

    private const string Yaml = $$"""
        auto_enable: false
        providers: { mock: {}, house: { type: mock } }
        admin: { key: {{Admin}} }
        """;

    [Fact]
    public async Task Settings_are_set_shown_compared_tried_exported_imported_and_taken_back()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);

        var set = await RunAsync(address, "config", "set", "routing.strategy=cost", "routing.preferred=[\"house\"]");
        var got = await RunAsync(address, "config", "get", "routing.strategy");
        var diff = await RunAsync(address, "config", "diff", "0");
        var begun = await RunAsync(address, "config", "canary", "start", "--share", "5%", "timeouts.total=1m");
        var promoted = await RunAsync(address, "config", "canary", "promote");
        var exported = await RunAsync(address, "config", "export");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, exported.Replace("strategy: cost", "strategy: weighted", StringComparison.Ordinal), Stop);
        var imported = await RunAsync(address, "config", "import", file);
        File.Delete(file);
        var back = await RunAsync(address, "config", "rollback", "1");
        var unset = await RunAsync(address, "config", "unset", "--all");
        using var history = JsonDocument.Parse(await RunAsync(address, "config", "history", "--json"));

        Assert.StartsWith("version 1 (update by admin)", set, StringComparison.Ordinal);
        Assert.Contains("version 1 by admin", got, StringComparison.Ordinal);
        Assert.Contains("routing.preferred: - -> [\"house\"]", diff, StringComparison.Ordinal);
        Assert.Contains("on 5% of the calls", begun, StringComparison.Ordinal);
        Assert.StartsWith("no canary; version 3", promoted, StringComparison.Ordinal);
        Assert.DoesNotContain(Admin, exported, StringComparison.Ordinal);
        Assert.Contains("routing.strategy: cost -> weighted", imported, StringComparison.Ordinal);
        Assert.Contains("routing.strategy: weighted -> cost", back, StringComparison.Ordinal);
        Assert.Contains("routing.strategy: cost -> priority", unset, StringComparison.Ordinal);
        Assert.Equal(6, history.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Providers_are_switched_and_ranked_and_what_cannot_be_is_said_in_one_line()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);

        var off = await RunAsync(address, "providers", "disable", "house");
        var ranked = await RunAsync(address, "providers", "set", "house", "--priority", "7", "--weight", "0.5");
        var on = await RunAsync(address, "providers", "enable", "house");
        await using var wrong = await StartAsync(address, "config", "set", "routing.strategi=cost");
        await using var unknown = await StartAsync(address, "providers", "enable", "nobody");

        Assert.Contains("house: enabled no", off, StringComparison.Ordinal);
        Assert.Contains("house: enabled no, priority 7, weight 0.5", ranked, StringComparison.Ordinal);
        Assert.Contains("house: enabled yes", on, StringComparison.Ordinal);
        await using var misspelt = await StartAsync(address, "config", "get", "routing.strategi");
        await using var unset = await StartAsync(address, "config", "unset", "routing.strategi");
        Assert.Equal((1, 1), (await wrong.EndAsync(), await unknown.EndAsync()));
        Assert.Equal((1, 1), (await misspelt.EndAsync(), await unset.EndAsync()));
        Assert.Contains("There is no setting 'routing.strategi'", misspelt.Errors, StringComparison.Ordinal);
        Assert.Contains("There is no setting 'routing.strategi'", unset.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'strategy'?", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("There is no provider 'nobody'", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_one_answer_of_the_gateway_has_no_room_for_are_shown_too()
    {
        var models = string.Concat(Enumerable.Range(0, 1001).Select(i => $"\n  a{i}: {{ targets: [ mock/m ] }}"));
        await using var gateway = await (await Executable.StartAsync($"{Yaml}\nmodels:{models}\n")).ServingAsync();

        var got = await RunAsync(gateway.Address.GetLeftPart(UriPartial.Authority), "config", "get");

        var lines = got.Split('\n');
        Assert.Equal(1001, lines.Count(line => line.Contains("models.a", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("models.a1000.targets", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("providers.house.type", StringComparison.Ordinal));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<Executable> StartAsync(string address, params string[] arguments) => Executable.StartAsync(
        null, new Dictionary<string, string> { ["SWITCHYARD_ADMIN_KEY"] = Admin }, [.. arguments, "--url", address]);

    private static async Task<string> RunAsync(string address, params string[] arguments)
    {
        await using var command = await StartAsync(address, arguments);
        Assert.True(await command.EndAsync() == 0, command.Said);
        return command.Printed;
    }
}

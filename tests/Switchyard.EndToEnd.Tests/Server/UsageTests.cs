using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard usage</c> and <c>migrate</c>, beside a gateway that writes the ledger and after it.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-usage-");

    private string Yaml =>
        $$"""
        auto_enable: false
        providers: { mock: {} }
        prices: { "mock/*": { input: 1, output: 2 } }
        storage: { ledger: "sqlite:{{_folder.FullName}}/ledger.db", retention: 90d }
        """;

    [Fact]
    [Covers("S003-65", "S003-68")]
    public async Task What_a_call_cost_is_printed_beside_the_gateway_that_writes_it_down()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml, "serve")).ServingAsync();
        using var response = await gateway.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"));
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var usage = answer.RootElement.GetProperty("usage");
        var (input, output) = (usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64());

        var summary = await UntilCountedAsync();

        Assert.Equal(1, summary.GetProperty("total_requests").GetInt64());
        var mock = summary.GetProperty("by_provider").GetProperty("mock");
        Assert.Equal((input, output), (mock.GetProperty("input_tokens").GetInt64(), mock.GetProperty("output_tokens").GetInt64()));
        Assert.Equal(
            (input * 1000) + (output * 2000), mock.GetProperty("cost_nano_usd").GetProperty("total").GetInt64());
        await using var csv = await Executable.StartAsync(Yaml, "usage", "--csv");
        Assert.Equal(0, await csv.EndAsync());
        Assert.Contains($",mock,mock-model-v1,{input},{output},", csv.Printed, StringComparison.Ordinal);
        // Other verbs do not need the ledger, and must not lock it.
        await using var models = await Executable.StartAsync(Yaml, "models");
        Assert.True(await models.EndAsync() == 0, models.Errors);
    }

    [Fact]
    public async Task Beside_a_gateway_that_has_the_ledger_a_command_that_wants_it_too_says_what_to_do()
    {
        const string OwnFile = "--set storage.ledger=sqlite:chat.db";
        await using var gateway = await (await Executable.StartAsync(Yaml, "serve")).ServingAsync();
        await gateway.UntilItSaysAsync($"'switchyard chat {OwnFile}'");

        await using var second = await Executable.StartAsync(Yaml, "serve");
        await using var chat = await Executable.StartAsync(Yaml, "chat", "Hello");
        await using var own = await Executable.StartAsync(Yaml, ["chat", "Hello", .. OwnFile.Split(' ')]);

        Assert.Equal((1, 1), (await second.EndAsync(), await chat.EndAsync()));
        Assert.Contains("switchyard: The ledger ", second.Errors, StringComparison.Ordinal);
        Assert.Contains("is open in another process", second.Errors, StringComparison.Ordinal);
        Assert.Contains("switchyard: The ledger ", chat.Errors, StringComparison.Ordinal);
        Assert.Contains($"To give this command its own: {OwnFile}", chat.Errors, StringComparison.Ordinal);
        Assert.True(await own.EndAsync() == 0, own.Errors);
        Assert.Equal("Mock response to: Hello", own.Printed.Trim());
    }

    [Fact]
    public async Task A_corrected_price_counts_a_period_again_and_an_export_is_compared()
    {
        await using (var gateway = await (await Executable.StartAsync(Yaml, "serve")).ServingAsync())
        {
            using var response = await gateway.Http.PostAsync(
                "/v1/chat/completions", new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"));
            await UntilCountedAsync();
            await gateway.TerminateAsync();
            Assert.Equal(0, await gateway.EndAsync());
        }

        var dearer = Yaml.Replace("input: 1, output: 2", "input: 10, output: 20", StringComparison.Ordinal);
        await using var shown = await Executable.StartAsync(dearer, "usage", "reprice", "--since", "today", "--json");
        await using var none = await EndedAsync(shown, dearer, "usage", "--json", "--since", "yesterday");
        await using var applied = await EndedAsync(none, dearer, "usage", "reprice", "--since", "yesterday", "--apply", "--json");
        await using var after = await EndedAsync(applied, dearer, "usage", "--json", "--since", "yesterday");
        Assert.Equal(0, await after.EndAsync());

        var before = JsonElement.Parse(none.Printed).GetProperty("total_cost").GetDecimal();
        Assert.True(JsonElement.Parse(applied.Printed).GetProperty("written").GetBoolean());
        Assert.Equal(before * 10, JsonElement.Parse(after.Printed).GetProperty("total_cost").GetDecimal());
        var export = Path.Combine(_folder.FullName, "export.csv");
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(export, $"day,model,input_tokens,output_tokens\n{day},mock-model-v1,1,1\n");
        await using var compared = await Executable.StartAsync(Yaml, "usage", "reconcile", export, "-p", "mock", "--json");
        Assert.Equal(1, await compared.EndAsync());
        Assert.False(JsonElement.Parse(compared.Printed).GetProperty("agrees").GetBoolean());
        await using var mistyped = await Executable.StartAsync(Yaml, "usage", "reconcile", export, "-p", "mokc", "--json");
        Assert.Equal(1, await mistyped.EndAsync());
        Assert.Contains("Provider not found: mokc.", mistyped.Errors, StringComparison.Ordinal);
        Assert.Contains("Did you mean mock?", mistyped.Errors, StringComparison.Ordinal);
        Assert.Empty(mistyped.Printed);
    }

    [Fact]
    public async Task What_a_summary_can_be_asked_for_over_HTTP_can_be_asked_for_by_the_command()
    {
        await using var migrate = await Executable.StartAsync(Yaml, "migrate");
        await using var usage = await EndedAsync(
            migrate, Yaml, "usage", "--json", "--session", "s", "--request-id", "r", "--limit", "1", "--skip", "1");

        Assert.True(await usage.EndAsync() == 0, usage.Errors);
        Assert.Equal(0, JsonElement.Parse(usage.Printed).GetProperty("total_requests").GetInt64());
    }

    [Fact]
    public async Task Migrate_says_what_it_would_do_and_does_it_once()
    {
        await using var plan = await Executable.StartAsync(Yaml, "migrate", "--plan");
        await using var migrate = await EndedAsync(plan, Yaml, "migrate");
        await using var again = await EndedAsync(migrate, Yaml, "migrate");
        Assert.Equal(0, await again.EndAsync());
        await using var without = await Executable.StartAsync("providers: { mock: {} }\n", "usage");

        Assert.Contains("would apply 0001_ledger", plan.Printed, StringComparison.Ordinal);
        Assert.Contains("applied 0001_ledger", migrate.Printed, StringComparison.Ordinal);
        Assert.Contains("Nothing to do", again.Printed, StringComparison.Ordinal);
        Assert.Equal(1, await without.EndAsync());
        Assert.Contains("storage.ledger", without.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<Executable> EndedAsync(Executable before, string yaml, params string[] arguments)
    {
        Assert.Equal(0, await before.EndAsync());
        return await Executable.StartAsync(yaml, arguments);
    }

    /// <summary>The summary of yesterday and today, once it has a call: the ledger is written a moment after the answer.</summary>
    private async Task<JsonElement> UntilCountedAsync()
    {
        while (true)
        {
            await using var program = await Executable.StartAsync(Yaml, "usage", "--since", "yesterday", "--json");
            Assert.True(await program.EndAsync() == 0, program.Errors);
            var summary = JsonElement.Parse(program.Printed);
            if (summary.GetProperty("total_requests").GetInt64() > 0)
                return summary;
        }
    }
}

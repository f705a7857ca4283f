using System.Net;
using System.Reflection;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>
/// Calls the real vendors. Runs only if selected by its trait (<c>-explicit only -trait kind=live</c>), and then only the
/// vendors that have a key in their usual variable: without it the test is skipped and names the missing variable.
/// </summary>
[Trait("kind", "live")]
public sealed class LiveTests
{
    public static TheoryData<string> Vendors =>
    [
        .. ProviderCatalog.Default.All.Where(entry => entry is { RequiresApiKey: true, Unavailable: null, KeyEnv.Count: > 0 })
            .Select(entry => entry.Name),
    ];

    [Covers("S001-103")]
    [Theory(Explicit = true)]
    [MemberData(nameof(Vendors))]
    public async Task A_vendor_answers_with_its_default_model(string name)
    {
        var answer = await AskAsync(name, "");

        Assert.NotEqual("", answer.GetProperty("output").GetString());
        Assert.Equal(name, answer.GetProperty("provider").GetString());
    }

    [Covers("S002-79")]
    [Fact(Explicit = true)]
    public async Task Asked_to_say_test_within_five_tokens_it_says_test()
    {
        var answer = await AskAsync("openai", "\"model\":\"gpt-4o-mini\",\"max_tokens\":5,");

        Assert.Contains("test", answer.GetProperty("output").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Covers("S001-103", "S002-79")]
    [Fact]
    public void Each_test_that_asks_a_vendor_is_marked_and_runs_only_when_asked_for() => Assert.All(
        typeof(LiveTests).GetMethods().SelectMany(method => method.GetCustomAttributes<FactAttribute>(), (method, fact) => (method, fact))
            .Where(test => test.method.ReturnType == typeof(Task)),
        test => Assert.True(test.fact.Explicit, test.method.Name));

    private static async Task<JsonElement> AskAsync(string name, string options)
    {
        var variables = ProviderCatalog.Default.Find(name)!.KeyEnv;
        var key = variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        Assert.SkipWhen(key is null, $"{name}: {string.Join(" or ", variables)} is not set.");
        await using var gateway = await GatewayHost.StartAsync(settings => settings.Providers[name] = new ProviderOptions { Key = key });

        using var response = await gateway.PostAsync(
            "/chat", $$"""{"provider":"{{name}}",{{options}}"messages":[{"role":"user","content":"Say 'test'"}]}""");
        var body = await response.Content.ReadAsStringAsync();

        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return JsonElement.Parse(body);
    }
}

using Microsoft.AspNetCore.Builder;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The models and their prices, read without a browser.</summary>
public sealed class ModelsPageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rerank-v3.5", true)]
    [InlineData("command-r-08-2024", false)]
    public async Task A_price_that_is_not_for_tokens_says_what_it_is_for(string model, bool isForSearches)
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Providers["cohere"] = new() { BaseUrl = "http://127.0.0.1:1", Key = "sk-upstream-secret", Models = [model] };
            },
            null,
            app => app.UseSwitchyardDashboard());
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();

        var page = await visitor.GetStringAsync("/dashboard/models", Stop);
        var row = page[page.IndexOf($">cohere/{model}</a>", StringComparison.Ordinal)..];
        row = row[..row.IndexOf("</tr>", StringComparison.Ordinal)];

        Assert.Contains("$", row, StringComparison.Ordinal);
        Assert.Equal(isForSearches, row.Contains("for a million searches", StringComparison.Ordinal));
    }
}

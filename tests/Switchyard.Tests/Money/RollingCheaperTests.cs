using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>A rolling budget that routes calls to a cheaper model, after a pause without calls.</summary>
public sealed class RollingCheaperTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_call_after_a_pause_is_not_routed_for_spending_that_no_longer_counts()
    {
        var clock = new TestClock();
        await using var given = Given.AnEngineWith(
            Counted(),
            options =>
            {
                options.Prices.Models["acme/*"] = new() { Input = 1, Output = 10 };
                options.Prices.Models["other/*"] = new() { Input = 0.001m, Output = 0.01m };
                options.Models["mini"] = new() { Targets = [new() { Model = "other/tiny" }] };
                options.Budgets.Named["total"] = new() { Usd = 0.002m, Period = "1h", CheaperModel = "mini", CheaperAfter = "50%" };
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(clock);
                builder.AddProvider("other", Counted(), null, "tiny");
            });

        // Each call of the dear model costs $0.0006.
        List<string> before = [];
        for (var i = 0; i < 3; i++)
            before.Add(await AskAsync(given));
        clock.Advance(TimeSpan.FromHours(2));

        var after = await AskAsync(given);
        Assert.Equal(["acme", "acme", "other"], before);
        Assert.Equal("acme", after);
    }

    private static async Task<string> AskAsync(Given given)
    {
        var answer = await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 50 }, Stop);
        return (string)answer.AdditionalProperties![AnswerFacts.Provider]!;
    }

    private static ScriptedClient Counted() =>
        new("hello", new UsageContent(new UsageDetails { InputTokenCount = 100, OutputTokenCount = 50 }));
}

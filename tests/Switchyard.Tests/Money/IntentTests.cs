using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>The record written before a call is sent: after a crash the next process has no other record of it.</summary>
public sealed class IntentTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_is_sent_counts_for_the_budgets_of_its_target_too(bool hasTotal)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        IReadOnlyList<LedgerEntry> atSending = [];
        await using var given = Given.AnEngineWith(
            new SeenClient(() => atSending = [.. ledger.Begun]),
            options =>
            {
                options.Storage = new StorageOptions { Ledger = "sqlite:any" };
                options.Prices.Models["acme/small"] = new() { Input = 1, Output = 10 };
                options.Budgets.Named["acme"] = new() { Usd = 1, Period = "lifetime", Provider = "acme" };
                if (hasTotal)
                    options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            },
            builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));

        await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 100 }, Stop);

        var intent = atSending[^1];
        Assert.Equal(hasTotal ? ["acme|lifetime", "total|lifetime"] : ["acme|lifetime"], intent.Budgets.Order());
        // A hundred tokens at $10 for a million, and the prompt.
        Assert.InRange(intent.WorstCase, 1_000_000, 1_100_000);
        Assert.Single(ledger.Begun.Concat(ledger.Entries).Select(entry => entry.Call).Distinct());
        Assert.Equal(LedgerOutcome.Finished, Assert.Single(ledger.Entries).Outcome);
    }

    /// <summary>Answers, and signals when it is called.</summary>
    private sealed class SeenClient(Action asked) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            asked();
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hello")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>With a strict ledger the end of an answer waits for the call to be on disk, and is held back where it cannot be.</summary>
public sealed class StrictLedgerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_an_answer_waits_for_the_disk(bool streamed)
    {
        var ledger = new HeldLedger();
        await using var given = AnEngine(ledger);
        var asking = AskAsync(given, streamed);
        await ledger.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        Assert.False(asking.IsCompleted);
        ledger.Written.SetResult();
        Assert.Equal("hello", await asking);
        var entry = Assert.Single(ledger.Entries);
        Assert.Equal((LedgerOutcome.Finished, "acme", "small"), (entry.Outcome, entry.Provider, entry.Model));
        Assert.Equal(Assert.Single(ledger.Begun).Call, entry.Call);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_cannot_be_written_down_is_held_back_and_says_why(bool streamed)
    {
        var ledger = new HeldLedger();
        ledger.Written.SetException(new IOException("no space left on device"));
        await using var given = AnEngine(ledger);

        var error = (await Assert.ThrowsAsync<CallException>(() => AskAsync(given, streamed))).Error;

        Assert.Equal(("ledger_unavailable", 503), (error.WireCode, error.Status));
        Assert.Single(ledger.Entries);
    }

    [Fact]
    public async Task An_answer_from_the_cache_is_written_down_and_costs_nothing()
    {
        var ledger = new HeldLedger();
        ledger.Written.SetResult();
        await using var given = AnEngine(ledger, options => options.Cache = new CacheOptions { Enabled = true });
        await AskAsync(given, streamed: false);
        await AskAsync(given, streamed: false);

        Assert.Equal([LedgerOutcome.Finished, LedgerOutcome.Cached], ledger.Entries.Select(entry => entry.Outcome));
        Assert.Equal(("acme", "small", 0), (ledger.Entries[1].Provider, ledger.Entries[1].Model, ledger.Entries[1].Cost.Total));
    }

    private static async Task<string> AskAsync(Given given, bool streamed)
    {
        if (!streamed)
            return (await given.Chat.GetResponseAsync("hi", cancellationToken: Stop)).Text;
        var text = "";
        await foreach (var update in given.Chat.GetStreamingResponseAsync("hi", cancellationToken: Stop))
            text += update.Text;
        return text;
    }

    private static Given AnEngine(HeldLedger ledger, Action<SwitchyardOptions>? configure = null) => Given.AnEngineWith(
        new ScriptedClient("hello"),
        options =>
        {
            options.Storage = new StorageOptions { Ledger = "sqlite:any", Durability = "strict" };
            configure?.Invoke(options);
        },
        builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));
}

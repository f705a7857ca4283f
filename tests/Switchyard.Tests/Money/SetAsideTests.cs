using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Telemetry;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The gateway's status shows the entries that the ledger's database refuses, and why nothing can be written to it.</summary>
public sealed class SetAsideTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task How_many_entries_are_set_aside_is_part_of_the_state_of_the_gateway()
    {
        await using var services = AnEngine(new HeldLedger { SetAside = 3 });
        await services.GetRequiredService<SwitchyardEngine>().StartAsync(Stop);

        var status = await services.GetRequiredService<StatusReader>().ReadAsync(Stop);

        Assert.Equal(3, status.Costs.SetAside);
        Assert.Equal(3, (int?)status.ToJson()["costs"]!["set_aside"]);
    }

    [Fact]
    public async Task Why_the_ledger_cannot_be_written_is_part_of_it_and_of_the_metrics_and_stops_no_call()
    {
        var ledger = new HeldLedger
        {
            Trouble = new() { Reason = "The disk is full.", Since = DateTimeOffset.UnixEpoch, StopsDurableCalls = true },
        };
        await using var services = AnEngine(ledger);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(Stop);

        var trouble = (await services.GetRequiredService<StatusReader>().ReadAsync(Stop)).ToJson()["costs"]!["trouble"];

        Assert.Equal("The disk is full.", (string?)trouble!["reason"]);
        Assert.Equal(1, FigureOf(services));
        Assert.Null(engine.NotReady);
        ledger.Trouble = null;
        Assert.Null((await services.GetRequiredService<StatusReader>().ReadAsync(Stop)).Costs.Trouble);
        Assert.Equal(0, FigureOf(services));
    }

    private static double FigureOf(ServiceProvider services) =>
        Assert.Single(services.GetRequiredService<SeriesStore>().Read(Measure.LedgerUnavailable)).Value;

    private static ServiceProvider AnEngine(HeldLedger ledger) => new ServiceCollection().AddSwitchyard(options =>
    {
        options.AutoEnable = false;
        options.Providers["mock"] = new();
        options.Storage = new StorageOptions { Ledger = "sqlite:any" };
    }).Services.AddSingleton<ILedgerFactory>(ledger).BuildServiceProvider();
}

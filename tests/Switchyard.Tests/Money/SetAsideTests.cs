using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Money;
using Switchyard.Overview;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The gateway's status shows the entries that the ledger's database refuses.</summary>
public sealed class SetAsideTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task How_many_entries_are_set_aside_is_part_of_the_state_of_the_gateway()
    {
        await using var services = new ServiceCollection().AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["mock"] = new();
            options.Storage = new StorageOptions { Ledger = "sqlite:any" };
        }).Services.AddSingleton<ILedgerFactory>(new HeldLedger { SetAside = 3 }).BuildServiceProvider();
        await services.GetRequiredService<SwitchyardEngine>().StartAsync(Stop);

        var status = await services.GetRequiredService<StatusReader>().ReadAsync(Stop);

        Assert.Equal(3, status.Costs.SetAside);
        Assert.Equal(3, (int?)status.ToJson()["costs"]!["set_aside"]);
    }
}

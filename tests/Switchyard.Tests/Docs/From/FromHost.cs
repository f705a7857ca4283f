using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Engine;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>A program into which a page's sample is written: a container with a started engine, and no provider from the
/// environment.</summary>
internal sealed class FromHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private FromHost(ServiceProvider services) => _services = services;

    public IServiceProvider Services => _services;

    public SwitchyardEngine Engine => _services.GetRequiredService<SwitchyardEngine>();

    public IChatClient Chat => _services.GetRequiredService<IChatClient>();

    /// <param name="add">The sample's part of the registrations; null registers nothing but the engine.</param>
    /// <param name="configure">Settings that the sample needs and does not show.</param>
    public static async Task<FromHost> StartAsync(Action<IServiceCollection>? add = null, Action<SwitchyardOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            configure?.Invoke(options);
        });
        add?.Invoke(services);
        var host = new FromHost(services.BuildServiceProvider());
        await host.Engine.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

using Switchyard.Plugins;
using Switchyard.Providers;

namespace Switchyard.TestPlugin;

/// <summary>
/// A plugin that does what the settings of its manifest tell it, well or badly. The gate it waits for is stored under a name in
/// <see cref="AppContext"/>, which host and plugin share.
/// </summary>
public sealed class MinePlugin : IPlugin, IDisposable
{
    private IReadOnlyDictionary<string, string> _settings = new Dictionary<string, string>();

    /// <inheritdoc/>
    public string Name => "mine";

    /// <inheritdoc/>
    public void Register(IPluginHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _settings = host.Settings;
        var version = host.Version;
        switch (Setting("register"))
        {
            case "throw":
                throw new InvalidOperationException("It does not like to be loaded.");
            case "block":
                Wait();
                break;
            case "undeclared":
                Swallow(() => host.AddProvider("other", new ChatClientProvider("other", new TalkingClient(_settings, version))));
                break;
        }

        if (Setting("provider") is { } name)
        {
            var provider = new TalkingProvider(name, new TalkingClient(_settings, version), Setting("begin") == "throw");
            host.AddProvider(name, provider, new ProviderSettings { Type = name, Models = ["small"] });
        }

        var step = new ActingStep(_settings, version);
        switch (Setting("step"))
        {
            case "call":
                host.UseCall(step);
                break;
            case "routed":
                host.UseRouted(step);
                break;
            case "attempt":
                host.UseAttempt(step);
                break;
        }

        if (Setting("guard") is { } guard)
            host.AddGuard(guard, new QuietGuard());
        if (Setting("sink") is not null)
            host.AddSink(new ActingSink(_settings));
        switch (Setting("leak"))
        {
            case "event":
                AppDomain.CurrentDomain.DomainUnload += OnUnload;
                break;
            case "thread":
                new Thread(Wait) { IsBackground = true }.Start();
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Setting("dispose") == "throw")
            throw new InvalidOperationException("It does not like to go.");
        if (Setting("disposed") is { } flag)
            AppContext.SetData(flag, "yes");
    }

    private static void Swallow(Action act)
    {
        try
        {
            act();
        }
        catch (PluginException)
        {
            // A plugin that ignores the error.
        }
    }

    private void OnUnload(object? sender, EventArgs e) => _settings = new Dictionary<string, string>();

    private string? Setting(string name) => _settings.GetValueOrDefault(name);

    private void Wait() => Gate.Wait(_settings);
}

/// <summary>A second plugin in the same assembly, which a manifest chooses by <c>entry</c>.</summary>
public sealed class OtherPlugin : IPlugin
{
    /// <inheritdoc/>
    public string Name => "other";

    /// <inheritdoc/>
    public void Register(IPluginHost host)
    {
        // It adds nothing.
    }
}

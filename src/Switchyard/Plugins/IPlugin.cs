using Microsoft.Extensions.Logging;
using Switchyard.Guards;
using Switchyard.Pipeline;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>
/// The entry of a plugin: one public class with a public parameterless constructor. It is created when the plugin is loaded, and disposed,
/// if it is <see cref="IDisposable"/> or <see cref="IAsyncDisposable"/>, when no call uses it any longer.
/// </summary>
public interface IPlugin
{
    /// <summary>The version of this contract. A manifest names the one its plugin was written for (<c>contract</c>).</summary>
    const int ContractVersion = 1;

    /// <summary>The plugin's name, the same as in its manifest.</summary>
    string Name { get; }

    /// <summary>Adds what the manifest declares. It may take <c>plugins.load_timeout</c>; an exception stops the plugin from being
    /// loaded.</summary>
    void Register(IPluginHost host);
}

/// <summary>
/// The host interface to which a plugin adds its parts while it is loaded. Each addition must be declared in the manifest (<c>adds</c>). It
/// must not be used after <see cref="IPlugin.Register"/> has returned.
/// </summary>
public interface IPluginHost
{
    /// <summary>The plugin's name.</summary>
    string Name { get; }

    /// <summary>The plugin's version, from its manifest.</summary>
    string Version { get; }

    /// <summary>The settings of the manifest, overridden by those of the configuration (<c>plugins.use.{name}.settings</c>).</summary>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The clock of the engine.</summary>
    TimeProvider Time { get; }

    /// <summary>The plugin's log; its category is <c>Switchyard.Plugins.</c> and the plugin's name.</summary>
    ILogger Logger { get; }

    /// <summary>
    /// Adds a provider (<c>provider:name</c>). It is called <c>name@version</c>; the name alone means the newest version, or the one that
    /// the configuration chooses. The engine initialises and disposes it.
    /// </summary>
    /// <param name="name">Its name, without the version.</param>
    /// <param name="provider">The provider, not yet initialised.</param>
    /// <param name="settings">Its settings; null for no key and no models.</param>
    void AddProvider(string name, IProvider provider, ProviderSettings? settings = null);

    /// <summary>Adds a step around every call, before its model name is resolved (<c>call</c>).</summary>
    void UseCall(ICallMiddleware step);

    /// <summary>Adds a step around every call whose route is known, outside its attempts (<c>routed</c>).</summary>
    void UseRouted(ICallMiddleware step);

    /// <summary>Adds a step around each attempt (<c>attempt</c>).</summary>
    void UseAttempt(ICallMiddleware step);

    /// <summary>
    /// Adds a guard (<c>guard:name</c>), which checks the texts of all requests and answers, or of those that <c>guards.{name}</c> of the
    /// configuration selects (<c>type: plugin</c>).
    /// </summary>
    /// <param name="name">Its name, shown with its findings in answers and logs.</param>
    /// <param name="guard">The guard.</param>
    void AddGuard(string name, IGuard guard);

    /// <summary>Adds a sink, which receives every ended call outside the call's path (<c>sink</c>).</summary>
    void AddSink(ICallSink sink);
}

using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers.Registry;

namespace Switchyard.Plugins;

/// <summary>
/// Loads a plugin from its folder: manifest, assembly, entry class, additions, and initialises its providers. Any failure is a
/// <see cref="PluginException"/>, and releases what was loaded. It does not activate the plugin.
/// </summary>
internal sealed class PluginLoader(ProviderRegistry registry, PluginEvents events, ILoggerFactory loggers, TimeProvider time)
{
    private const string LogCategory = "Switchyard.Plugins.";

    /// <summary>Loads a plugin.</summary>
    /// <exception cref="PluginException">It cannot be loaded.</exception>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    public async Task<LoadedPlugin> LoadAsync(
        PluginManifest manifest, string folder, PluginsOptions options, CancellationToken cancellationToken)
    {
        var own = options.Use.GetValueOrDefault(manifest.Name) ?? new PluginOptions();
        var logger = loggers.CreateLogger(LogCategory + manifest.Name);
        var plugin = new LoadedPlugin(manifest, folder, TermsOf(manifest, own, options), events, logger, time);
        var settings = new Dictionary<string, string>(manifest.Settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in own.Settings)
            settings[key] = value;
        var registrar = new PluginRegistrar(plugin, settings, logger);
        try
        {
            await PluginRun.WithinAsync(plugin, options.LoadTimeout, () =>
            {
                Enter(plugin, registrar);
                return new ValueTask<bool>(true);
            }).ConfigureAwait(false);
            registrar.Close();
            using var late = new CancellationTokenSource(options.LoadTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            foreach (var provider in plugin.Providers)
                plugin.Add(await PrepareAsync(plugin, provider, options, either.Token).ConfigureAwait(false));
            foreach (var sink in plugin.Sinks)
                sink.Begin();
            return plugin;
        }
        catch (Exception e)
        {
            registrar.Abandon();
            var failure = Explain(plugin, Cause(e), options, cancellationToken);
            await LetGoAsync(plugin).ConfigureAwait(false);
            throw failure;
        }
    }

    private async Task<ProviderEntry> PrepareAsync(
        LoadedPlugin plugin, PluginProviderEntry provider, PluginsOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.PrepareAsync(provider.Name, provider.Provider, provider.Settings, null, cancellationToken)
                .AsTask().WaitAsync(options.LoadTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new TimeoutException($"its provider '{provider.Name}' was not ready");
        }
        catch (Exception e)
        {
            throw new PluginException(
                PluginFault.Failed, $"Plugin '{plugin.Id}': its provider '{provider.Name}' failed to begin: {events.Redact(e.Message)}");
        }
    }

    private static PluginTerms TermsOf(PluginManifest manifest, PluginOptions own, PluginsOptions options) => new(
        own.Timeout ?? manifest.Timeout ?? options.Timeout,
        own.OnFailure is { } word ? word == "closed" : manifest.FailsClosed ?? false,
        options.Failures);

    /// <summary>A separate method, so that no longer-lived frame holds an object of the plugin.</summary>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Enter(LoadedPlugin plugin, PluginRegistrar registrar)
    {
        var context = new PluginLoadContext(plugin.Id, plugin.Manifest.Assembly);
        plugin.Context = new PluginPart<PluginLoadContext>(context);
        var entry = (IPlugin)Activator.CreateInstance(EntryOf(plugin.Manifest, AssemblyOf(context, plugin.Manifest)))!;
        plugin.Entry = new PluginPart<IPlugin>(entry);
        if (!string.Equals(entry.Name, plugin.Manifest.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw new PluginException(
                PluginFault.Manifest,
                $"The manifest in '{plugin.Folder}' names '{plugin.Manifest.Name}', but the plugin's own name is '{entry.Name}'.");
        }

        entry.Register(registrar);
    }

    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    private static Assembly AssemblyOf(PluginLoadContext context, PluginManifest manifest)
    {
        try
        {
            return context.LoadFrom(manifest.Assembly);
        }
        catch (BadImageFormatException)
        {
            throw PluginEntry.NoAssembly(manifest);
        }
    }

    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    private static Type EntryOf(PluginManifest manifest, Assembly assembly)
    {
        if (manifest.Entry is { } name)
        {
            return name.Length > 0 && assembly.GetType(name) is { IsPublic: true } named && IsEntry(named)
                ? named
                : throw PluginEntry.NotNamed(manifest);
        }

        var entries = assembly.GetExportedTypes().Where(IsEntry).ToList();
        return entries.Count == 1 ? entries[0] : throw PluginEntry.NotOne(manifest, [.. entries.Select(type => type.FullName!)]);
    }

    private static bool IsEntry(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] Type type) =>
        type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && typeof(IPlugin).IsAssignableFrom(type)
        && type.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>The exception of a constructor or of a static field; the runtime's own around it does not say why.</summary>
    private static Exception Cause(Exception thrown)
    {
        while (thrown is TargetInvocationException or TypeInitializationException && thrown.InnerException is { } inner)
            thrown = inner;
        return thrown;
    }

    private PluginException Explain(LoadedPlugin plugin, Exception thrown, PluginsOptions options, CancellationToken cancellation) =>
        thrown switch
        {
            PluginException known => new(known.Fault, events.Redact(known.Message)),
            _ when cancellation.IsCancellationRequested => new(PluginFault.Failed, $"Loading plugin '{plugin.Id}' was cancelled."),
            TimeoutException => new(
                PluginFault.Failed,
                $"Plugin '{plugin.Id}' was not loaded: {(thrown.Message.StartsWith("its", StringComparison.Ordinal) ? thrown.Message
                    : "Register did not return")} within {options.LoadTimeout.TotalSeconds:0.###} s (plugins.load_timeout)."),
            FileNotFoundException or FileLoadException or TypeLoadException or MissingMethodException => new(
                PluginFault.Failed,
                $"Plugin '{plugin.Id}' was not loaded: {events.Redact(thrown.Message)} Does its folder hold what it needs, and was it "
                + "built against this version of Switchyard?"),
            _ => new(
                PluginFault.Failed, $"Plugin '{plugin.Id}' was not loaded: {thrown.GetType().Name}: {events.Redact(thrown.Message)}"),
        };

    /// <summary>Releases a plugin whose loading failed.</summary>
    private static async Task LetGoAsync(LoadedPlugin plugin)
    {
        foreach (var entry in plugin.Entries)
            await entry.RetireAsync().ConfigureAwait(false);
        PluginContexts.Unload(plugin);
    }
}

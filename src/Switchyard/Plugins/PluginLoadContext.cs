using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace Switchyard.Plugins;

/// <summary>
/// The unloadable context of one plugin. Its assemblies are loaded from bytes, so that their files may be replaced; the assemblies of the
/// contract come from the host, so that both use the same types.
/// </summary>
internal sealed class PluginLoadContext : AssemblyLoadContext
{
    private const long Largest = 256L * 1024 * 1024;

    private static readonly HashSet<string> s_hosts = HostAssemblies();

    private readonly AssemblyDependencyResolver? _resolver;
    private readonly string _folder;

    /// <param name="id">The plugin's <c>name@version</c>.</param>
    /// <param name="assembly">The file of its assembly.</param>
    public PluginLoadContext(string id, string assembly)
        : base($"plugin {id}", isCollectible: true)
    {
        _folder = Path.GetDirectoryName(assembly)!;
        _resolver = ResolverOf(assembly);
    }

    /// <summary>Reads an assembly into this context.</summary>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    public Assembly LoadFrom(string file)
    {
        using var bytes = new MemoryStream(Read(file));
        var symbols = Path.ChangeExtension(file, ".pdb");
        if (!File.Exists(symbols))
            return LoadFromStream(bytes);
        using var lines = new MemoryStream(Read(symbols));
        return LoadFromStream(bytes, lines);
    }

    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "A context is made by PluginLoader alone, which asks for what this needs.")]
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is not { } name || s_hosts.Contains(name))
            return null;
        var path = _resolver?.ResolveAssemblyToPath(assemblyName);
        if (path is null && Path.Combine(_folder, name + ".dll") is var beside && File.Exists(beside))
            path = beside;
        return path is null ? null : LoadFrom(path);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver?.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static byte[] Read(string file)
    {
        var length = new FileInfo(file).Length;
        return length <= Largest
            ? File.ReadAllBytes(file)
            : throw new PluginException(PluginFault.Manifest, $"'{file}' is larger than {Largest / 1024 / 1024} MB.");
    }

    private static AssemblyDependencyResolver? ResolverOf(string assembly)
    {
        try
        {
            return new AssemblyDependencyResolver(assembly);
        }
        catch (InvalidOperationException)
        {
            // A broken .deps.json, or a host that cannot read it: assemblies in the plugin's folder are found anyway.
            return null;
        }
    }

    /// <summary>The library and its dependencies: a plugin with its own copy of one gets the host's.</summary>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "Names that trimming has taken away are not needed where nothing can be loaded.")]
    private static HashSet<string> HostAssemblies()
    {
        var library = typeof(IPlugin).Assembly;
        return
        [
            library.GetName().Name!,
            .. library.GetReferencedAssemblies().Select(assembly => assembly.Name!),
        ];
    }
}

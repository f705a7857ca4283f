namespace Switchyard.TestKit;

/// <summary>A folder of its own for a test, gone with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    public TemporaryFolder() => FullPath = Directory.CreateTempSubdirectory("switchyard-").FullName;

    /// <summary>Where it is.</summary>
    public string FullPath { get; }

    /// <summary>The path of something in it.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>Writes a file whole: a reader sees the old text or the new one, never half of it.</summary>
    public string Write(string name, string text)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    /// <summary>
    /// Mounts files as Kubernetes does: each is a link to <c>..data</c>, which is a link to a folder. Mounting again swaps that one link.
    /// </summary>
    public void Mount(string version, params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(this[version]);
        foreach (var (name, text) in files)
        {
            File.WriteAllText(Path.Combine(this[version], name), text);
            if (!File.Exists(this[name]))
                File.CreateSymbolicLink(this[name], Path.Combine("..data", name));
        }

        // Kubernetes renames a new link over the old one. .NET cannot, so that for a moment there is none: the harder case.
        if (Directory.Exists(this["..data"]))
            Directory.Delete(this["..data"]);
        Directory.CreateSymbolicLink(this["..data"], version);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}

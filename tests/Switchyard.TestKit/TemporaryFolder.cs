namespace Switchyard.TestKit;

/// <summary>A temporary folder for a test, deleted on dispose.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Creates the folder.</summary>
    public TemporaryFolder() => FullPath = Directory.CreateTempSubdirectory("switchyard-").FullName;

    /// <summary>Its path.</summary>
    public string FullPath { get; }

    /// <summary>The path of an entry in it.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>Writes a file atomically: a reader sees the old text or the new one.</summary>
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

        // Kubernetes renames a new link over the old one. .NET cannot, so the link is missing for a moment: the harder case.
        if (Directory.Exists(this["..data"]))
            Directory.Delete(this["..data"]);
        Directory.CreateSymbolicLink(this["..data"], version);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}

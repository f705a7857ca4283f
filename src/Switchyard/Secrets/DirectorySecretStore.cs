namespace Switchyard.Secrets;

/// <summary>
/// A folder with one file for each secret, as Kubernetes and Docker mount them. Links are followed on each read, so that a volume swapped
/// by its link is read again. Thread-safe.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class DirectorySecretStore(string path) : ILocalSecretStore
{
    private const int LargestFile = 64 * 1024;

    // Kubernetes allows these in the file name of a secret, but no colon and no slash.
    private const string Allowed = "._-";

    public string Name => "directory";

    public string Stamp() => FileStamp.OfDirectory(path);

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
            throw new SecretStoreException($"The folder of secrets '{path}' does not exist: mount it, or correct secrets.directory.");
        foreach (var file in FilesOf(key).Where(File.Exists))
            return await ReadAsync(file, cancellationToken).ConfigureAwait(false);
        return null;
    }

    public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) =>
        throw SecretStoreException.ReadOnly(Name, $"change the files in '{path}' where they are mounted from");

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => SetAsync(key, "", cancellationToken);

    /// <summary>The files that may hold a secret: by its exact name, then by the name as Kubernetes allows it.</summary>
    private IEnumerable<string> FilesOf(string key) =>
        new[] { key, SecretNames.Fit(key, Allowed), SecretNames.Fit(key, Allowed, '_'), SecretNames.Fit(key, Allowed, '.') }
            .Distinct(StringComparer.Ordinal)
            // A name must not leave the folder.
            .Where(name => !Path.IsPathRooted(name) && !name.Split('/', '\\').Any(part => part is ".." or "." or ""))
            .Select(name => Path.Combine(path, name));

    private static async ValueTask<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile)
                throw new SecretStoreException($"The file '{file}' is larger than 64 KB, the limit for a secret.");
            return (await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)).TrimEnd('\r', '\n');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SecretStoreException($"The file '{file}' cannot be read: {failure.Message}", failure);
        }
    }
}

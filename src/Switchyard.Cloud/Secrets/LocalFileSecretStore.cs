using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>
/// A file of secrets on this machine, encrypted if a passphrase is set; a plain one must be accessible by its owner only. It is read again
/// when it changes, and replaced as a whole, so that no reader sees a half-written file. Thread-safe.
/// </summary>
internal sealed class LocalFileSecretStore : ILocalSecretStore, IListableSecretStore, IDisposable
{
    private readonly string _path;
    private readonly SecretsFile _file;
    private readonly bool _isPlain;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private SortedDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private string? _stamp;

    /// <summary>Opens the file; a missing file is created when the first secret is set.</summary>
    /// <exception cref="SecretStoreException">The file does not open, or it is plain and other users may read or write it.</exception>
    public LocalFileSecretStore(string path, string? passphrase)
    {
        _path = path;
        _file = new SecretsFile(path, passphrase);
        _isPlain = passphrase is null;
        Load();
    }

    public string Name => "file";

    public string Stamp() => FileStamp.OfFile(_path);

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken) =>
        await WithSecretsAsync(secrets => secrets.GetValueOrDefault(key), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        await WithSecretsAsync(secrets => secrets.Keys.ToArray(), cancellationToken).ConfigureAwait(false);

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) => await WithSecretsAsync(
        secrets =>
        {
            secrets[key] = value;
            Save(secrets, _file);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => await WithSecretsAsync(
        secrets =>
        {
            if (secrets.Remove(key))
                Save(secrets, _file);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Writes the file again, encrypted with a passphrase.</summary>
    public async ValueTask EncryptAsync(string passphrase, CancellationToken cancellationToken) => await WithSecretsAsync(
        secrets =>
        {
            Save(secrets, new SecretsFile(_path, passphrase));
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    public void Dispose() => _gate.Dispose();

    private async ValueTask<T> WithSecretsAsync<T>(Func<SortedDictionary<string, string>, T> use, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Load();
            return use(_secrets);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Load()
    {
        var stamp = Stamp();
        if (stamp == _stamp)
            return;
        try
        {
            if (!File.Exists(_path))
            {
                _secrets = new(StringComparer.Ordinal);
                _stamp = stamp;
                return;
            }

            RequireOwnerOnly();
            _secrets = _file.Read(File.ReadAllBytes(_path));
            _stamp = stamp;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SecretStoreException($"'{_path}' cannot be read: {failure.Message}", failure);
        }
    }

    private void RequireOwnerOnly()
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (_isPlain && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(_path) & Others) != 0)
        {
            throw new SecretStoreException(
                $"'{_path}' is not encrypted, and others on this machine may read it: `chmod 600` it, or set LOCAL_SECRETS_PASSPHRASE.");
        }
    }

    private void Save(SortedDictionary<string, string> secrets, SecretsFile file)
    {
        var written = $"{_path}.{Environment.ProcessId}.new";
        try
        {
            if (Path.GetDirectoryName(_path) is { Length: > 0 } folder)
                Directory.CreateDirectory(folder);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(written, options))
            {
                stream.Write(file.Write(secrets));
                stream.Flush(flushToDisk: true);
            }

            File.Move(written, _path, overwrite: true);
            _stamp = Stamp();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The change is not on disk: the next access reads the file again.
            _stamp = null;
            throw new SecretStoreException($"'{_path}' cannot be written: {failure.Message}", failure);
        }
    }
}

/// <summary>Creates the store of <c>secrets.file</c>, or of <c>LOCAL_SECRETS_PATH</c>.</summary>
internal sealed class LocalFileSecretStoreFactory : ISecretStoreFactory
{
    public string Kind => "file";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context) => Open(options, context);

    /// <summary>Opens the file that the options or the environment name; null if they name no file.</summary>
    /// <exception cref="SecretStoreException">The file does not open.</exception>
    public static LocalFileSecretStore? Open(SecretsOptions options, ProviderContext context) =>
        PathOf(options, context) is { } path ? new LocalFileSecretStore(path, PassphraseOf(options, context)) : null;

    public static string? PassphraseOf(SecretsOptions options, ProviderContext context) =>
        options.Passphrase ?? (context.Environment("LOCAL_SECRETS_PASSPHRASE") is { Length: > 0 } set ? set : null);

    public static string? PathOf(SecretsOptions options, ProviderContext context)
    {
        var path = options.File ?? context.Environment("LOCAL_SECRETS_PATH");
        if (string.IsNullOrWhiteSpace(path))
            return null;
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.GetFullPath(path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path);
    }
}

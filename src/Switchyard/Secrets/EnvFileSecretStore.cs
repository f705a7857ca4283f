using System.Text;

namespace Switchyard.Secrets;

/// <summary>
/// A file of lines <c>NAME=value</c>. Values may be quoted, lines may begin with <c>export</c>, and <c>#</c> begins a comment. A secret is
/// found by its name or its variable (<see cref="SecretNames.Variable"/>). Thread-safe.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class EnvFileSecretStore(string path) : ILocalSecretStore
{
    public string Name => "env_file";

    public string Stamp() => FileStamp.OfFile(path);

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SecretStoreException($"The file of secrets.env_file '{path}' cannot be read: {failure.Message}", failure);
        }

        var lines = Parse(text);
        return lines.GetValueOrDefault(key) ?? lines.GetValueOrDefault(SecretNames.Variable(key));
    }

    public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) =>
        throw SecretStoreException.ReadOnly(Name, $"change '{path}' with an editor");

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => SetAsync(key, "", cancellationToken);

    /// <summary>The variables of a file; other lines are skipped, and the last assignment of a name counts.</summary>
    internal static Dictionary<string, string> Parse(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var written in text.Split('\n'))
        {
            var line = written.Trim();
            if (line.StartsWith("export ", StringComparison.Ordinal))
                line = line["export ".Length..].TrimStart();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] != '#')
                found[line[..equals].TrimEnd()] = ValueOf(line[(equals + 1)..].Trim());
        }

        return found;
    }

    private static string ValueOf(string written)
    {
        if (written is ['\'', .. var rest] && rest.IndexOf('\'', StringComparison.Ordinal) is >= 0 and var single)
            return rest[..single];
        if (written is ['"', ..])
            return Unquoted(written);
        // A comment needs a space before it: a key may contain the # character.
        var comment = written.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? written : written[..comment].TrimEnd();
    }

    private static string Unquoted(string written)
    {
        var value = new StringBuilder(written.Length);
        for (var i = 1; i < written.Length && written[i] != '"'; i++)
        {
            if (written[i] != '\\' || i + 1 == written.Length)
            {
                value.Append(written[i]);
                continue;
            }

            i++;
            value.Append(written[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var plain => plain });
        }

        return value.ToString();
    }
}

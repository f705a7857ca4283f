using System.Net.Sockets;
using System.Text.Json.Nodes;
using Google.Apis.Auth.OAuth2;

namespace Switchyard.Cloud.Credentials;

/// <summary>
/// Looks for Google's default credentials again. Google's library looks once per process and caches that it found nothing: it would see a
/// later sign-in, file or metadata server only in the next process.
/// </summary>
internal static class GoogleDefaults
{
    private const string UsualFile = "application_default_credentials.json";
    private const string MetadataAddress = "169.254.169.254";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>The credential from one of the places where Google's library looks; null if none has one.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async Task<GoogleCredential?> FindAsync(Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var file = environment("GOOGLE_APPLICATION_CREDENTIALS") is { } named && !string.IsNullOrWhiteSpace(named)
            ? named.Trim()
            : UsualFileOf(environment);
        if (file is not null && File.Exists(file))
            return await OfFileAsync(file, cancellationToken).ConfigureAwait(false);
        return await HasMetadataAsync(environment("GCE_METADATA_HOST"), cancellationToken).ConfigureAwait(false)
            ? GoogleCredential.FromComputeCredential(new ComputeCredential())
            : null;
    }

    /// <summary>The file that <c>gcloud auth application-default login</c> writes.</summary>
    private static string? UsualFileOf(Func<string, string?> environment) =>
        environment("APPDATA") is { Length: > 0 } data ? Path.Combine(data, "gcloud", UsualFile)
        : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config", "gcloud", UsualFile)
        : null;

    private static async Task<GoogleCredential> OfFileAsync(string file, CancellationToken cancellationToken)
    {
        var written = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false));
        var type = (string?)written?["type"] ?? throw new InvalidDataException("The file of Google's credentials does not say its type.");
        return await CredentialFactory.FromFileAsync(file, type, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a server accepts connections at the metadata server's address; only a token shows that it is Google's.</summary>
    private static async Task<bool> HasMetadataAsync(string? host, CancellationToken cancellationToken)
    {
        var address = new Uri($"http://{(string.IsNullOrWhiteSpace(host) ? MetadataAddress : host.Trim())}/");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port, patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}

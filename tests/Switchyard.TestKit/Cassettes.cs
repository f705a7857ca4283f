using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>
/// Recorded provider traffic, which is third-party data and not part of this repository. It is searched in <c>shared/cassettes</c> beside
/// any directory above the repository, or in the folder that <c>SWITCHYARD_SHARED</c> names.
/// </summary>
public static class Cassettes
{
    /// <summary>The message of a skipped test.</summary>
    public const string Missing =
        "The recorded provider traffic is not on this machine (set SWITCHYARD_SHARED to the folder that holds cassettes/).";

    private static readonly Lazy<string?> Root = new(Find);

    /// <summary>The folder with the recordings and their facts; null if missing.</summary>
    public static string? Shared => Path.GetDirectoryName(Root.Value);

    /// <summary>Whether the recordings are available.</summary>
    public static bool Available => Root.Value is not null;

    /// <summary>Every recorded exchange of the named providers; empty if the recordings are missing.</summary>
    /// <param name="providers">Folder names; none means all.</param>
    public static IEnumerable<Exchange> Read(params string[] providers)
    {
        if (Root.Value is not { } root)
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            var provider = Path.GetFileName(folder);
            if (providers.Length > 0 && !providers.Contains(provider))
                continue;
            foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
            {
                foreach (var exchange in ReadFile(provider, file))
                    yield return exchange;
            }
        }
    }

    private static IEnumerable<Exchange> ReadFile(string provider, string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var index = 0;
        foreach (var interaction in document.RootElement.GetProperty("interactions").EnumerateArray())
        {
            var request = interaction.GetProperty("request");
            var response = interaction.GetProperty("response");
            var fidelity = response.TryGetProperty("fidelity", out var how) ? how.GetString()! : "raw";
            yield return new Exchange(
                provider,
                Path.GetFileNameWithoutExtension(file),
                index++,
                request.GetProperty("method").GetString()!,
                // Masked parts (<AWS_REGION>) have brackets, which a host name must not contain.
                new Uri(request.GetProperty("url").GetString()!.Replace("<", "", StringComparison.Ordinal).Replace(
                    ">", "", StringComparison.Ordinal)),
                Body(request),
                response.GetProperty("status").GetInt32(),
                fidelity == "sse-segments-as-json-array" ? Rewrap(Body(response)) : Body(response),
                fidelity);
        }
    }

    private static byte[] Body(JsonElement message)
    {
        if (message.TryGetProperty("body_base64", out var base64) && base64.ValueKind == JsonValueKind.String)
            return base64.GetBytesFromBase64();
        return message.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.String
            ? Encoding.UTF8.GetBytes(body.GetString()!)
            : [];
    }

    /// <summary>Restores a stream from a recording that kept only the data objects.</summary>
    private static byte[] Rewrap(byte[] segments)
    {
        using var document = JsonDocument.Parse(segments);
        var stream = new StringBuilder();
        foreach (var segment in document.RootElement.EnumerateArray())
            stream.Append("data: ").Append(segment.GetRawText()).Append("\r\n\r\n");
        return Encoding.UTF8.GetBytes(stream.ToString());
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("SWITCHYARD_SHARED") is { Length: > 0 } given)
            return Existing(given);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Existing(Path.Combine(folder.FullName, "shared")) is { } found)
                return found;
        }

        return null;
    }

    private static string? Existing(string shared)
    {
        var folder = Path.Combine(shared, "cassettes");
        return Directory.Exists(folder) ? folder : null;
    }
}

/// <summary>One recorded request and its answer.</summary>
/// <param name="Provider">The name of its folder.</param>
/// <param name="Cassette">The recording's name: its feature, then its origin.</param>
/// <param name="Index">Its index in the recording.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Url">The address of the request.</param>
/// <param name="Request">The request's body.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="Answer">The answer's body.</param>
/// <param name="Fidelity">How exactly the answer's bytes match those on the wire.</param>
public sealed record Exchange(
    string Provider, string Cassette, int Index, string Method, Uri Url, byte[] Request, int Status, byte[] Answer, string Fidelity)
{
    /// <summary>The feature that the recording shows: the part of its name before its origin.</summary>
    public string Feature => Cassette.Split("__")[0];

    /// <summary>Whether the answer's bytes are as they were on the wire.</summary>
    public bool IsRaw => Fidelity is "raw" or "raw-gunzipped";

    /// <summary>Whether the answer is a stream of server-sent events.</summary>
    public bool IsEventStream => Answer.AsSpan().IndexOf("data:"u8) is >= 0 and < 4000 && Answer[0] is not ((byte)'{' or (byte)'[');

    /// <inheritdoc/>
    public override string ToString() => $"{Provider}/{Feature}#{Index}";
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Cloud.Credentials;

/// <summary>
/// Signs a request with AWS signature version 4. The SDK's own signer takes only the SDK's own requests, which are not sent here.
/// </summary>
internal static class SignatureV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds the date, the session token if the keys have one, and the signature to the request's headers.</summary>
    /// <param name="request">The request, complete except for these headers.</param>
    /// <param name="body">Its body; empty if it has none.</param>
    /// <param name="keys">The keys to sign with.</param>
    /// <param name="region">The region: <c>eu-central-1</c>.</param>
    /// <param name="service">The service's name in signatures: <c>bedrock</c>.</param>
    /// <param name="now">The time of signing.</param>
    public static void Sign(
        HttpRequestMessage request, ReadOnlySpan<byte> body, AwsKeys keys, string region, string service, DateTimeOffset now)
    {
        var time = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var date = time[..8];
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = request.RequestUri!.IsDefaultPort ? request.RequestUri.Host : request.RequestUri.Authority,
        };
        if (request.Content?.Headers.ContentType is { } type)
            headers["content-type"] = type.ToString();
        // The x-amz-* headers must be signed too.
        foreach (var (name, values) in request.Headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase)))
            headers[name.ToLowerInvariant()] = string.Join(',', values);
        headers["x-amz-date"] = time;
        if (keys.SessionToken is { } token)
            headers["x-amz-security-token"] = token;

        var names = string.Join(';', headers.Keys);
        var canonical = CanonicalRequest(request, headers, names, body);
        var scope = $"{date}/{region}/{service}/aws4_request";
        var toSign = $"{Algorithm}\n{time}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}";
        var signature = Convert.ToHexStringLower(Keyed(SigningKey(keys.SecretKey, date, region, service), toSign));

        Set(request, "x-amz-date", time);
        if (keys.SessionToken is { } session)
            Set(request, "x-amz-security-token", session);
        Set(request, "Authorization", $"{Algorithm} Credential={keys.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={signature}");
    }

    private static void Set(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>The canonical request, which the signature covers. Internal for the tests.</summary>
    internal static string CanonicalRequest(
        HttpRequestMessage request, SortedDictionary<string, string> headers, string names, ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder();
        text.Append(request.Method.Method).Append('\n');
        // The path is already encoded, and is encoded a second time: %3A becomes %253A.
        text.AppendJoin('/', request.RequestUri!.AbsolutePath.Split('/').Select(Uri.EscapeDataString)).Append('\n');
        text.Append(CanonicalQuery(request.RequestUri.Query)).Append('\n');
        foreach (var (name, value) in headers)
            text.Append(name).Append(':').Append(value.Trim()).Append('\n');
        return text.Append('\n').Append(names).Append('\n').Append(Hash(body)).ToString();
    }

    private static string CanonicalQuery(string query)
    {
        var pairs = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair =>
        {
            var separator = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = separator < 0 ? (pair, "") : (pair[..separator], pair[(separator + 1)..]);
            return (Name: Encode(name), Value: Encode(value));
        });
        return string.Join('&', pairs.OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));

        static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text));
    }

    private static byte[] SigningKey(string secret, string date, string region, string service) =>
        Keyed(Keyed(Keyed(Keyed(Encoding.UTF8.GetBytes("AWS4" + secret), date), region), service), "aws4_request");

    private static byte[] Keyed(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

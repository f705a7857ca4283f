using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;

namespace Switchyard.Gateway.Security;

/// <summary>
/// The keys clients may present (<c>server.keys</c>, as of the moment). Without any, every key is accepted, and none. Keys are kept and
/// compared as hashes, all of them every time, so that neither memory nor timing gives one away.
/// </summary>
internal sealed class ClientKeys(SwitchyardEngine engine)
{
    private const string Bearer = "Bearer ";

    /// <summary>Where clients of other formats put their key.</summary>
    private static readonly string[] s_headers = ["x-api-key", "x-goog-api-key"];

    private volatile Hashes _hashes = new(null, []);

    /// <exception cref="CallException">Keys are configured and the request presents none of them.</exception>
    public void Check(HttpRequest request)
    {
        var hashes = Current();
        if (hashes.Values.Length == 0)
            return;
        var presented = Presented(request)
            ?? throw new CallException(CallErrorKind.Unauthenticated, "You didn't provide an API key. Send 'Authorization: Bearer YOUR_KEY', 'x-api-key: YOUR_KEY' or 'x-goog-api-key: YOUR_KEY'.");
        var hash = Hash(presented);
        var known = false;
        foreach (var candidate in hashes.Values)
            known |= CryptographicOperations.FixedTimeEquals(candidate, hash);
        if (!known)
            throw new CallException(CallErrorKind.Unauthenticated, "Incorrect API key provided. Ask the gateway's operator for a key.");
    }

    private Hashes Current()
    {
        var options = engine.Options;
        var hashes = _hashes;
        if (!ReferenceEquals(hashes.Of, options))
            _hashes = hashes = new(options, [.. options.Server.Keys.Select(Hash)]);
        return hashes;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string? Presented(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return authorization[Bearer.Length..].Trim();
        foreach (var header in s_headers)
        {
            if (request.Headers[header].ToString() is { Length: > 0 } key)
                return key;
        }

        // Some clients know no other place for it.
        return request.Query["key"].ToString() is { Length: > 0 } inAddress ? inAddress : null;
    }

    private sealed record Hashes(SwitchyardOptions? Of, byte[][] Values);
}

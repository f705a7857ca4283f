using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Switchyard.Dashboard.Hosting;

/// <summary>
/// Serves scripts and styles from the assembly, without sign-in: they hold nothing confidential. The address has a part of the file's
/// hash, so that a browser caches the file and requests a changed one. Thread-safe.
/// </summary>
internal static class EmbeddedAssets
{
    private const string Prefix = "Assets/";

    private static readonly Lazy<FrozenDictionary<string, Asset>> s_all = new(() => typeof(EmbeddedAssets).Assembly
        .GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Read));

    /// <summary>The address of a file, below the dashboard's path.</summary>
    public static string AddressOf(string name) => $"assets/{s_all.Value[name].Version}/{name}";

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("assets/{version}/{name}", (HttpContext http, string name) => AnswerAsync(http, name));

    private static async Task AnswerAsync(HttpContext http, string name)
    {
        if (!s_all.Value.TryGetValue(name, out var asset))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.ContentType = asset.Type;
        http.Response.ContentLength = asset.Bytes.Length;
        await http.Response.Body.WriteAsync(asset.Bytes, http.RequestAborted);
    }

    private static Asset Read(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(bytes, TypeOf(resource), Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6)));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };

    private sealed record Asset(byte[] Bytes, string Type, string Version);
}

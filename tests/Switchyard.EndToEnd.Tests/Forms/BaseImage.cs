using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Switchyard.EndToEnd.Tests.Forms;

/// <summary>A registry on this machine with one image, which has one file: the base image of our images in tests.</summary>
internal sealed class BaseImage : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly byte[] _manifest;
    private readonly WebApplication _registry;

    private BaseImage(WebApplication registry)
    {
        _registry = registry;
        var layer = Layer(out var content);
        var config = Keep(Encoding.UTF8.GetBytes($$"""
            {"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin"]},"rootfs":{"type":"layers","diff_ids":["{{content}}"]},
             "history":[{"created_by":"a test"}]}
            """));
        _manifest = Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{ManifestType}}",
             "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":{{_blobs[config].Length}}},
             "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{layer}}","size":{{_blobs[layer].Length}}}]}
            """);
    }

    /// <summary>Its name, with the registry's address.</summary>
    public string Name { get; private set; } = "";

    public static async Task<BaseImage> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var registry = builder.Build();
        var image = new BaseImage(registry);
        registry.Run(image.AnswerAsync);
        await registry.StartAsync();
        image.Name = $"localhost:{new Uri(registry.Urls.Single()).Port}/base:1";
        return image;
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var name = path[(path.LastIndexOf('/') + 1)..];
        var (type, content) = path switch
        {
            "/v2/" => ("application/json", "{}"u8.ToArray()),
            _ when path.StartsWith("/v2/base/manifests/", StringComparison.Ordinal) => (ManifestType, _manifest),
            _ when path.StartsWith("/v2/base/blobs/", StringComparison.Ordinal) =>
                ("application/octet-stream", _blobs.GetValueOrDefault(name)),
            _ => ("", null),
        };
        if (content is null)
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (type == ManifestType)
            context.Response.Headers["Docker-Content-Digest"] = DigestOf(content);
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(content);
    }

    private string Layer(out string content)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/base-of-a-test")
            {
                DataStream = new MemoryStream("base"u8.ToArray()),
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        content = DigestOf(tar.ToArray());
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(tar.ToArray());
        return Keep(packed.ToArray());
    }

    private string Keep(byte[] blob)
    {
        var digest = DigestOf(blob);
        _blobs[digest] = blob;
        return digest;
    }

    private static string DigestOf(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
}

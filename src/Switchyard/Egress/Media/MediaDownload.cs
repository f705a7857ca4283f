using System.Net;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Network;

namespace Switchyard.Egress.Media;

/// <summary>
/// Downloads a file that a client named by its URL, without reaching private addresses (server-side request forgery): the network policy
/// is asked for every URL, redirects included, and for the address it connects to. Thread-safe.
/// </summary>
internal sealed class MediaDownload : IDisposable
{
    private const int MaxRedirects = 3;

    private static readonly HttpRequestOptionsKey<MediaPolicy> s_policy = new("switchyard.media");
    private static readonly string[] s_allowedTypes = ["image/", "audio/", "video/", "text/plain"];

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // A pooled connection would be used without the check, which is made on connecting and depends on the request's policy.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
    });

    /// <summary>Downloads the file.</summary>
    /// <param name="address">Its URL.</param>
    /// <param name="policy">The limits and the allowed private hosts.</param>
    /// <param name="maxBytes">The rest of the bytes the request may download.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="CallException">The download failed or is not allowed; the message names the cause.</exception>
    public async Task<DataContent> RunAsync(Uri address, MediaPolicy policy, long maxBytes, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            if (address.Scheme is not ("http" or "https"))
                throw Refused("redirects to something that is not a web address");
            policy.Trial?.Decide(RequestOf(address));
            if (policy.Guard.Decide(RequestOf(address)) is { IsBlocked: true } blocked)
                throw Refused(blocked);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("User-Agent", "switchyard");
            request.Options.Set(s_policy, policy);
            using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } next)
            {
                if (!Uri.TryCreate(address, next, out var target))
                    throw Refused("redirects to something that is not a web address");
                address = target;
                continue;
            }

            if (!response.IsSuccessStatusCode)
                throw Refused($"answered {(int)response.StatusCode}");
            var bytes = await ReadAsync(response, maxBytes, cancellationToken).ConfigureAwait(false);
            return new DataContent(bytes, MediaTypeOf(response, bytes));
        }

        throw Refused($"redirects more than {MaxRedirects} times");
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>The error of a failed download. It does not repeat the URL, which the client knows and which may hold a secret.</summary>
    public static CallException Refused(string what) => new(new CallError(
        CallErrorKind.InvalidRequest, $"The address of an image or file {what}. Send the file itself as a data URL.")
    {
        Code = "invalid_image_url",
    });

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (EgressBlockedException.FindIn(e) is { } blocked)
        {
            throw Refused(blocked.Decision);
        }
        catch (HttpRequestException)
        {
            throw Refused("could not be reached");
        }
    }

    private static ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var request = context.InitialRequestMessage;
        var policy = request.Options.TryGetValue(s_policy, out var given) ? given : MediaPolicy.Default;
        return policy.Guard.ConnectAsync(context.DnsEndPoint, RequestOf(request.RequestUri!), TimeProvider.System, cancellationToken);
    }

    private static EgressRequest RequestOf(Uri address) => new(EgressActions.MediaDownload, address);

    private static CallException Refused(in EgressDecision decision) => Refused(decision.Reason == EgressReason.NotPublic
        ? "is not one of the public internet"
        : "is not permitted by the network policy of the gateway");

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, long maxBytes, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > maxBytes)
            throw TooLarge();
        using var body = new MemoryStream();
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var disposal = stream.ConfigureAwait(false);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > maxBytes)
                    throw TooLarge();
                body.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or HttpRequestException)
        {
            // The client chose this host: its failures are not those of the provider that the file is for. Decoders throw one of the three.
            throw Refused("broke off before the end of the file");
        }

        return body.Length == 0 ? throw Refused("leads to an empty file") : body.ToArray();
    }

    private static CallException TooLarge() => Refused("leads to a file larger than may be downloaded (media.max)");

    private static string MediaTypeOf(HttpResponseMessage response, byte[] bytes)
    {
        // The bytes decide before the header: servers often send application/octet-stream, or no type.
        var type = MediaKinds.OfBytes(bytes) ?? response.Content.Headers.ContentType?.MediaType ?? "";
        return Array.Exists(s_allowedTypes, prefix => type.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            || type.Equals("application/pdf", StringComparison.OrdinalIgnoreCase)
            ? type.ToLowerInvariant()
            : throw Refused("leads to something other than an image, audio, video, PDF or plain text");
    }
}

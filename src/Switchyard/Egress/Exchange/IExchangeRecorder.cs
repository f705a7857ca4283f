using Switchyard.Calls;
using Switchyard.Providers.Http;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Records what attempts over HTTP send and are answered. A section of the snapshot, absent where nothing is recorded. Thread-safe.
/// </summary>
internal interface IExchangeRecorder
{
    static readonly SectionKey<IExchangeRecorder> Section = new();

    /// <summary>Notes a request before it is signed and sent; null where it is not recorded.</summary>
    ValueTask<ITape?> BeginAsync(UpstreamExchange exchange, HttpEndpoint endpoint, HttpRequestMessage request);
}

/// <summary>The recording of one attempt. It ends when the stream that it returned is disposed.</summary>
internal interface ITape
{
    /// <summary>Notes the head of the answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="body">Its body, decompressed.</param>
    /// <returns>The body as it must be read from now on.</returns>
    Stream Follow(HttpResponseMessage response, Stream body);
}

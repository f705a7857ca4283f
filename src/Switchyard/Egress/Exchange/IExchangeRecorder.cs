using Switchyard.Calls;
using Switchyard.Providers.Http;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Records the requests and answers of attempts over HTTP. A section of the snapshot, absent if nothing is recorded. Thread-safe.
/// </summary>
internal interface IExchangeRecorder
{
    static readonly SectionKey<IExchangeRecorder> Section = new();

    /// <summary>Records a request before it is signed and sent; null if it is not recorded.</summary>
    ValueTask<ITape?> BeginAsync(UpstreamExchange exchange, HttpEndpoint endpoint, HttpRequestMessage request);
}

/// <summary>The recording of one attempt. It ends when the stream that it returned is disposed.</summary>
internal interface ITape
{
    /// <summary>Records the head of the answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="body">Its body, decompressed.</param>
    /// <returns>The body as it must be read from now on.</returns>
    Stream Follow(HttpResponseMessage response, Stream body);
}

namespace Switchyard.Aspire;

/// <summary>Adds the headers of the current exchange to its request, and reads those of the answer.</summary>
internal sealed class GatewayHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (GatewayExchange.Current is not { } exchange)
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        exchange.WriteTo(request.Headers);
        var answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        exchange.Read(answer.Headers);
        return answer;
    }
}

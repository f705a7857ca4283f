using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Network;
using Switchyard.Providers;
using Switchyard.Providers.Replay;

namespace Switchyard.Egress.Exchange;

/// <summary>Asks the network policy of the call's configuration before an attempt is sent. Without a policy it does nothing.</summary>
internal static class EgressCheck
{
    /// <exception cref="CallException">The URL may not be reached.</exception>
    public static void Demand(UpstreamExchange exchange)
    {
        if (exchange.Call.Snapshot.Section(EgressGuard.Section) is { } guard && !ReplayAddress.IsOf(exchange.Url))
            Demand(guard, RequestOf(exchange.Call, exchange.Attempt, exchange.Url));
    }

    /// <summary>The same for a client in this process, if it states its URL.</summary>
    /// <exception cref="CallException">The client's URL may not be reached.</exception>
    public static void Demand(ModelCall call, Attempt attempt, IChatClientProvider provider)
    {
        if (call.Snapshot.Section(EgressGuard.Section) is { } guard
            && provider.GetChatClient(attempt.Deployment.Model).GetService(typeof(ChatClientMetadata)) is ChatClientMetadata
            {
                ProviderUri: { IsAbsoluteUri: true, Scheme: "http" or "https" } url,
            })
        {
            Demand(guard, RequestOf(call, attempt, url) with { IsRoot = true });
        }
    }

    private static EgressRequest RequestOf(ModelCall call, Attempt attempt, Uri url) => new(EgressActions.ProviderRequest, url)
    {
        Provider = attempt.Deployment.Provider,
        Model = attempt.Deployment.Model,
        Operation = call.Envelope.Operation,
    };

    private static void Demand(EgressGuard guard, in EgressRequest request)
    {
        if (guard.Decide(request) is { IsBlocked: true } blocked)
            throw new CallException(new EgressBlockedException(blocked).ToError());
    }
}

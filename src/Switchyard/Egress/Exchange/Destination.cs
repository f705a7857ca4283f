using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Egress.Exchange;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress.Exchange;

/// <summary>The destination of one attempt: the deployment as its dialect sees it, the dialect, and the URL.</summary>
/// <param name="Target">The deployment.</param>
/// <param name="Dialect">The egress dialect.</param>
/// <param name="Url">The URL.</param>
internal readonly record struct Destination(EgressTarget Target, IEgressDialect Dialect, Uri Url)
{
    /// <summary>
    /// Chooses the dialect: the one the model must be asked in; else the client's own where the provider speaks it; else the provider's
    /// first, and another of its dialects only where that one lacks the operation.
    /// </summary>
    /// <exception cref="CallException">The provider does not serve the operation.</exception>
    public static Destination Of(ModelCall call, ProviderBinding binding, HttpEndpoint endpoint, DialectSet dialects)
    {
        var (operation, stream) = (call.Envelope.Operation, call.Envelope.Stream);
        var target = TargetOf(call, binding, endpoint);
        var dialect = dialects.Egress(FormatChoice.Of(call, target.Facts, endpoint) ?? endpoint.DialectFor(call.ClientDialect));
        var path = dialect.GetPath(operation, target, stream);
        for (var i = 0; path is null && i < endpoint.Dialects.Count; i++)
        {
            if (!dialects.Speaks(endpoint.Dialects[i]))
                continue;
            dialect = dialects.Egress(endpoint.Dialects[i]);
            path = dialect.GetPath(operation, target, stream);
        }

        if (path is null || !endpoint.Serves(operation))
            throw new CallException(UnsupportedOperation.Error(call, binding.Provider));
        return new Destination(target, dialect, endpoint.UrlFor(dialect.Id, operation, stream, target.Model, path));
    }

    /// <summary>
    /// The target, marked when another provider was tried before, because the request may hold data only that one can read, and when a
    /// provider reported that it cannot read it.
    /// </summary>
    private static EgressTarget TargetOf(ModelCall call, ProviderBinding binding, HttpEndpoint endpoint)
    {
        var target = binding.TargetOn(endpoint);
        return call.AttemptCount > 1 && (call.Attempts[0].Deployment.Provider != binding.Provider || call.Attempts.Any(CouldNotRead))
            ? target with { IsFallbackFromAnotherProvider = true }
            : target;

        static bool CouldNotRead(Attempt attempt) => attempt.Error?.Code == Faults.UnreadableReasoning;
    }
}

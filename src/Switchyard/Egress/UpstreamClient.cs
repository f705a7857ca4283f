using Switchyard.Calls;
using Switchyard.Providers;

namespace Switchyard.Egress;

/// <summary>
/// Sends one attempt: takes hold of the deployment's provider, so that it is not disposed under the call, and hands the call to it over
/// HTTP or as objects.
/// </summary>
internal sealed class UpstreamClient(ProviderRegistry registry, HttpUpstream http)
{
    public ValueTask<CallResponse> SendAsync(ModelCall call) =>
        registry.TryAcquire(call.Attempt!.Deployment.Provider, out var lease) ? SendAsync(call, lease) : BuildAndSendAsync(call);

    private ValueTask<CallResponse> SendAsync(ModelCall call, ProviderLease lease)
    {
        switch (lease.Provider)
        {
            case IHttpProvider provider:
                return http.SendAsync(call, provider, lease);
            case IChatClientProvider provider:
                return ChatClientUpstream.SendAsync(call, provider, lease);
            default:
                lease.Dispose();
                return new(new FailedResponse(new CallError(
                    CallErrorKind.ProviderUnavailable,
                    $"Provider '{lease.Name}' can be listed but not called: its class implements neither IHttpProvider nor IChatClientProvider.")));
        }
    }

    /// <summary>A provider registered as a class is built on its first call.</summary>
    private async ValueTask<CallResponse> BuildAndSendAsync(ModelCall call)
    {
        var name = call.Attempt!.Deployment.Provider;
        try
        {
            return await SendAsync(call, await registry.AcquireAsync(name, call.Aborted));
        }
        catch (ProviderException)
        {
            return new FailedResponse(registry.Explain(name));
        }
    }
}

using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;

namespace Switchyard.Benchmarks;

internal static class SampleCall
{
    /// <summary>A call that is never routed or sent.</summary>
    /// <param name="sections">The sections of its configuration; null for none.</param>
    public static ModelCall Create(CallSections? sections = null)
    {
        var dialect = new OpenAIChatDialect();
        var body = SampleRequest.OfSize(500);
        var envelope = dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body);
        return new ModelCall(
            new CallRequest(envelope, CallBody.FromWire(dialect, envelope, PooledBytes.Owned(body))),
            new CallSnapshot(1, new NoRoutes(), CallClocks.Default, sections),
            holdsSnapshot: false,
            TimeProvider.System,
            CancellationToken.None);
    }

    private sealed class NoRoutes : IModelResolver
    {
        public ValueTask<RouteResult> ResolveAsync(string model, CallOperation operation, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}

using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Experiments;
using Switchyard.Identity;

namespace Switchyard.Engine;

/// <content>Explains where a call would go.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>Explains where a call would go now, and why, without calling a provider.</summary>
    /// <param name="model">An alias, <c>provider/model</c> or a bare model name.</param>
    /// <param name="seed">The seed of a decision to repeat; null draws one.</param>
    /// <param name="cancellationToken">Ends the wait for a provider's list of models, which a bare name may need.</param>
    /// <exception cref="CallException">The model is unknown.</exception>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public ValueTask<CallDecision> ExplainAsync(string model, long? seed = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        var envelope = new CallEnvelope { Operation = CallOperation.Chat, Model = model };
        var nothing = new CanonicalChatRequest([], new());
        return ExplainAsync(new CallRequest(envelope, CallBody.FromCanonical(nothing)), seed, cancellationToken);
    }

    /// <summary>Explains where a request would go now, and why, without calling a provider. The request's body is released.</summary>
    /// <remarks>
    /// It uses the code of a call. The same seed, request and state of the targets give the same choice; a round-robin route shows the
    /// target of its next call, and does not advance.
    /// </remarks>
    /// <param name="request">The request.</param>
    /// <param name="seed">The seed of a decision to repeat; null draws one.</param>
    /// <param name="cancellationToken">Ends the wait for a provider's list of models, which a bare name may need.</param>
    /// <exception cref="CallException">The model is unknown, or its provider cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public async ValueTask<CallDecision> ExplainAsync(
        CallRequest request, long? seed = null, CancellationToken cancellationToken = default)
    {
        var snapshot = request.Snapshot ?? Enter();
        try
        {
            var call = new ModelCall(request, snapshot, holdsSnapshot: false, _time, cancellationToken);
            var envelope = call.Envelope;
            var found = call.Targets is { } targets
                ? snapshot.Routes.ResolveAmong(envelope.Model, targets, envelope.Operation)
                : await snapshot.Routes.ResolveAsync(envelope.Model, envelope.Operation, cancellationToken).ConfigureAwait(false);
            if (found.Error is { } error)
                throw snapshot.Secrets.Redact(error).ToException();
            var allowed = AccessRules.Apply(call, found.Route!);
            call.Route = allowed.Error is { } refused ? throw refused.ToException() : allowed.Route;
            var drawn = seed ?? Random.Shared.NextInt64(CallDecision.SeedBound);
            if (ExperimentMiddleware.FindVariant(call, new Random((int)drawn)) is var (_, route))
                call.Route = route;
            return Ranking.Explain(call, drawn);
        }
        finally
        {
            request.Body.Release();
            if (request.Snapshot is null)
                snapshot.InFlight.Leave();
        }
    }
}

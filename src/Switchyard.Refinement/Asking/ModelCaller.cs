using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Refinement.Requests;

namespace Switchyard.Refinement.Asking;

/// <summary>A model's answer.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Provider">The provider that answered.</param>
/// <param name="Cost">Its cost in US dollars; null if no price is known.</param>
internal sealed record ModelAnswer(string Text, string Provider, decimal? Cost);

/// <summary>
/// Asks a model for proposals with a normal call of the engine: keys, limits, budgets, fallback, cache and ledger apply to it.
/// </summary>
internal sealed class ModelCaller(SwitchyardEngine engine)
{
    /// <exception cref="CallException">No model could be asked; the message begins with the provider's name.</exception>
    /// <exception cref="OperationCanceledException">The caller has cancelled.</exception>
    public async Task<ModelAnswer> AskAsync(
        List<ChatMessage> messages, RefinementChoice choice, RefinementOptions options, IReadOnlyList<string> targets,
        RefinementContext context,
        CancellationToken cancellationToken)
    {
        CallError? last = null;
        foreach (var target in targets)
        {
            var response = await engine.RunAsync(Request(messages, choice, options, target, context), cancellationToken)
                .ConfigureAwait(false);
            await using var disposal = response.ConfigureAwait(false);
            if (response.Error is not { } error)
                return AnswerOf(response);
            if (error.Kind == CallErrorKind.Canceled)
                throw new OperationCanceledException(error.Message, error.Cause, cancellationToken);
            // The first failure is reported: the later targets are only substitutes.
            last ??= error;
            if (!error.IsRetryable && error.Kind != CallErrorKind.ModelNotFound && error.Status != 404)
                break;
        }

        throw new CallException(Named(last!));
    }

    private static CallRequest Request(
        List<ChatMessage> messages, RefinementChoice choice, RefinementOptions options, string target, RefinementContext context)
    {
        var settings = new ChatOptions
        {
            ModelId = target,
            Temperature = (float)(choice.Temperature ?? options.Temperature),
            MaxOutputTokens = options.MaxOutputTokens,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(ProposalSchema.Schema, ProposalSchema.Name),
            AdditionalProperties = new() { [CanonicalKeys.StrictResponseFormat] = true },
        };
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = target,
            MaxOutputTokens = options.MaxOutputTokens,
        };
        return new CallRequest(envelope, CallBody.FromCanonical(new CanonicalChatRequest([.. messages], settings)))
        {
            Caller = context.Caller,
            Id = context.RequestId,
            Tenant = context.Tenant,
            Tag = context.Tag,
            Session = context.Session,
            Hops = context.Hops,
        };
    }

    private static ModelAnswer AnswerOf(CallResponse response)
    {
        var answer = ((CanonicalChatAnswer)((AnswerResponse)response).Answer).Response;
        var call = response.Call;
        return new(answer.Text, call.Cache?.Source?.Provider ?? call.Attempt?.Deployment.Provider ?? "", call.KnownCost);
    }

    /// <summary>A provider's failure with the message that callers of the reference system expect.</summary>
    private static CallError Named(CallError error)
    {
        if (error.Provider is not { Length: > 0 } provider)
            return error;
        if (error.Code == "missing_credentials" && ModelTargets.MissingKeyOf(provider) is { } missing)
            return error with { Message = missing };
        return error with { Message = $"{ModelTargets.DisplayNameOf(provider)} API error: {error.Message}" };
    }
}

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
        List<ChatMessage> messages, RefinementChoice choice, RefinementOptions options, IReadOnlyList<ModelQuestion> questions,
        RefinementContext context,
        CancellationToken cancellationToken)
    {
        CallError? last = null;
        foreach (var question in questions)
        {
            var response = await engine.RunAsync(Request(messages, choice, options, question, context), cancellationToken)
                .ConfigureAwait(false);
            await using var disposal = response.ConfigureAwait(false);
            if (response.Error is not { } error)
                return AnswerOf(response);
            if (error.Kind == CallErrorKind.Canceled)
                throw new OperationCanceledException(error.Message, error.Cause, cancellationToken);
            // The first failure is reported: the later questions are only substitutes.
            last ??= error;
            if (!error.MayFallBack && error.Kind != CallErrorKind.ModelNotFound && error.Status != 404)
                break;
        }

        throw new CallException(Named(last!));
    }

    private static CallRequest Request(
        List<ChatMessage> messages, RefinementChoice choice, RefinementOptions options, ModelQuestion question,
        RefinementContext context)
    {
        var settings = new ChatOptions
        {
            ModelId = question.Model,
            Temperature = (float)(choice.Temperature ?? options.Temperature),
            MaxOutputTokens = options.MaxOutputTokens,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(ProposalSchema.Schema, ProposalSchema.Name),
            AdditionalProperties = new() { [CanonicalKeys.StrictResponseFormat] = true },
        };
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = question.Model,
            // A provider that does not exist is then refused as such, and not as a model of that name.
            Provider = ModelTargets.IsAuto(choice.Provider) ? null : choice.Provider,
            MaxOutputTokens = options.MaxOutputTokens,
        };
        return new CallRequest(envelope, CallBody.FromCanonical(new CanonicalChatRequest([.. messages], settings)))
        {
            Targets = question.Among,
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
            return error.Param is "provider" or "model" ? error with { Param = $"options.{error.Param}" } : error;
        if (error.Code == "missing_credentials" && ModelTargets.MissingKeyOf(provider) is { } missing)
            return error with { Message = missing };
        return error with { Message = $"{ModelTargets.DisplayNameOf(provider)} API error: {error.Message}" };
    }
}

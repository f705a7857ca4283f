using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Egress.Exchange;
using Switchyard.Pipeline;

namespace Switchyard.Guards;

/// <summary>
/// The guards' step: they check the request before anything is sent, stored or paid, and the answer before the client receives it. A
/// request that no guard changes is forwarded as the original bytes; an answer that guards check is decoded. Thread-safe.
/// </summary>
/// <param name="log">Reports findings.</param>
/// <param name="http">Sends requests to services.</param>
internal sealed class GuardMiddleware(GuardLog log, GuardHttp http) : ICallMiddleware
{
    /// <summary>The guards of a configuration; null if it has none.</summary>
    public GuardPlan? PlanOf(
        IReadOnlyDictionary<string, GuardOptions> options,
        IReadOnlyList<(string Name, IGuard Guard)> plugins,
        Func<string, string>? nameOf = null) => GuardPlan.From(options, plugins, http, nameOf);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var rules = call.Snapshot.Section(GuardPlan.Section)!.RulesFor(call);
        if (rules.Length == 0)
            return next(call);
        if (call.Body.Streamed is null)
            return GuardAsync(call, rules, next);
        // An upload is passed on while it is received, before its end is known.
        foreach (var rule in rules)
            log.Skipped(call, rule);
        return next(call);
    }

    private async ValueTask<CallResponse> GuardAsync(ModelCall call, GuardRule[] rules, CallHandler next)
    {
        var guarded = new GuardedCall(call, log);
        if (await guarded.AtRequestAsync(rules).ConfigureAwait(false) is { } refused)
            return new FailedResponse(refused);
        var onAnswer = Array.FindAll(rules, rule => rule.OnAnswer);
        if ((onAnswer.Length == 0 && !guarded.Placeholders.Restores) || HasNoTexts(call.Envelope.Operation, guarded.Placeholders))
            return await next(call).ConfigureAwait(false);
        if (CallOperations.ForwardsAnswer(call.Envelope.Operation))
            return await RestoreAsync(guarded, onAnswer, next).ConfigureAwait(false);
        call.MustDecode = true;
        var answer = await next(call).ConfigureAwait(false);
        return answer switch
        {
            UpdatesResponse updates when Array.Exists(onAnswer, rule => rule is { Guard: not ITextScanner, Enforces: true }) =>
                new CheckedUpdates(updates, guarded, onAnswer),
            UpdatesResponse updates => new GuardedUpdates(updates, guarded, onAnswer),
            AnswerResponse { Answer: CanonicalChatAnswer chat } whole =>
                await WholeAsync(guarded, onAnswer, whole, chat.Response).ConfigureAwait(false),
            AnswerResponse { Answer: CanonicalRerankAnswer ranking } whole when guarded.Placeholders.Restores =>
                await RestoreAsync(guarded, whole, ranking).ConfigureAwait(false),
            _ => answer,
        };
    }

    /// <summary>
    /// The documents of a ranking are those of the request, which the guards of requests have seen: what they masked is restored.
    /// </summary>
    private static async ValueTask<CallResponse> RestoreAsync(GuardedCall guarded, AnswerResponse whole, CanonicalRerankAnswer ranking)
    {
        List<RerankResult> results =
        [
            .. ranking.Results.Select(result => result.Document is not { } text ? result : result with
            {
                // A document without a text comes as its JSON.
                Document = guarded.Placeholders.Restore(text, isJson: text.StartsWith('{')),
            }),
        ];
        await whole.DisposeAsync().ConfigureAwait(false);
        return new AnswerResponse(new CanonicalRerankAnswer(results, ranking.Usage)
        {
            Id = ranking.Id,
            Model = ranking.Model,
            SearchUnits = ranking.SearchUnits,
        });
    }

    /// <summary>
    /// The answer of an operation whose answers are only forwarded. It is a file, encrypted, or repeats texts of the request, which the
    /// guards of requests have seen: what they masked is restored.
    /// </summary>
    private async ValueTask<CallResponse> RestoreAsync(GuardedCall guarded, GuardRule[] onAnswer, CallHandler next)
    {
        foreach (var rule in onAnswer)
        {
            if (!rule.OnRequest)
                log.Skipped(guarded.Call, rule);
        }

        var answer = await next(guarded.Call).ConfigureAwait(false);
        return guarded.Placeholders.Restores && answer is ForwardedResponse { Error: null, IsStream: false } body
            && IsJson(guarded.Call, body)
            ? new RestoredBody(body, guarded.Placeholders)
            : answer;
    }

    /// <summary>
    /// Whether there is nothing in the answer to check or to restore, so that it need not be decoded: vectors, a count, an order of
    /// documents.
    /// </summary>
    private static bool HasNoTexts(CallOperation operation, Placeholders placeholders) =>
        operation is CallOperation.Embedding or CallOperation.CountTokens
        || (operation == CallOperation.Rerank && !placeholders.Restores);

    /// <summary>Whether the answer is JSON, and not sound or a transcript.</summary>
    private static bool IsJson(ModelCall call, ForwardedResponse body) =>
        !CallOperations.AnswersAnyMedia(call.Envelope.Operation) || ContentTypes.IsJson(body.ContentType);

    private static async ValueTask<CallResponse> WholeAsync(
        GuardedCall guarded, GuardRule[] rules, AnswerResponse whole, ChatResponse response)
    {
        var (answer, refused) = await guarded.AtAnswerAsync(rules, response).ConfigureAwait(false);
        if (refused is null && ReferenceEquals(answer, response))
            return whole;
        await whole.DisposeAsync().ConfigureAwait(false);
        return refused is not null ? new FailedResponse(refused) : new AnswerResponse(new CanonicalChatAnswer(answer));
    }
}

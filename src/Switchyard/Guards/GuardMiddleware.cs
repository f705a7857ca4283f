using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Pipeline;

namespace Switchyard.Guards;

/// <summary>
/// The step of guards: they look at the request before anything is sent, kept or paid, and at the answer before the client gets it. A
/// request that none changes goes on as the bytes it came in; an answer that is looked at is decoded. Thread-safe.
/// </summary>
/// <param name="log">Says what was found.</param>
/// <param name="http">Asks services.</param>
internal sealed class GuardMiddleware(GuardLog log, GuardHttp http) : ICallMiddleware
{
    /// <summary>The guards of a configuration; null where it has none.</summary>
    public GuardPlan? PlanOf(
        IReadOnlyDictionary<string, GuardOptions> options,
        IReadOnlyList<(string Name, IGuard Guard)> plugins,
        Func<string, string>? nameOf = null) => GuardPlan.From(options, plugins, http, nameOf);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var rules = call.Snapshot.Section(GuardPlan.Section)!.RulesFor(call);
        if (rules.Length == 0)
            return next(call);
        if (call.Body.Streamed is null && !CallOperations.IsForwardOnly(call.Envelope.Operation))
            return GuardAsync(call, rules, next);
        // An upload, and what has no form but its own, is no text to look at.
        foreach (var rule in rules)
            log.Skipped(call, rule);
        return next(call);
    }

    private async ValueTask<CallResponse> GuardAsync(ModelCall call, GuardRule[] rules, CallHandler next)
    {
        var look = new GuardLook(call, log);
        if (await look.AtRequestAsync(rules).ConfigureAwait(false) is { } refused)
            return new FailedResponse(refused);
        var onAnswer = Array.FindAll(rules, rule => rule.OnAnswer);
        if (onAnswer.Length == 0 && !look.Placeholders.Restores)
            return await next(call).ConfigureAwait(false);
        call.MustDecode = true;
        var answer = await next(call).ConfigureAwait(false);
        return answer switch
        {
            UpdatesResponse updates when Array.Exists(onAnswer, rule => rule is { Guard: not ITextScanner, Enforces: true }) =>
                new HeldUpdates(updates, look, onAnswer),
            UpdatesResponse updates => new GuardedUpdates(updates, look, onAnswer),
            AnswerResponse { Answer: CanonicalChatAnswer chat } whole =>
                await WholeAsync(look, onAnswer, whole, chat.Response).ConfigureAwait(false),
            _ => answer,
        };
    }

    private static async ValueTask<CallResponse> WholeAsync(GuardLook look, GuardRule[] rules, AnswerResponse whole, ChatResponse response)
    {
        var (answer, refused) = await look.AtAnswerAsync(rules, response).ConfigureAwait(false);
        if (refused is null && ReferenceEquals(answer, response))
            return whole;
        await whole.DisposeAsync().ConfigureAwait(false);
        return refused is not null ? new FailedResponse(refused) : new AnswerResponse(new CanonicalChatAnswer(answer));
    }
}

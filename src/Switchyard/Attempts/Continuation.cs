using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Finds and calls the target that continues a chat stream which broke off after its client had received a part (<c>continuation</c>).
/// The target gets the conversation, the partial answer as the assistant's, and the instruction to continue. Thread-safe.
/// </summary>
/// <param name="log">Logs continuations.</param>
internal sealed class Continuation(AttemptLog log)
{
    private const string Instruction =
        "Your answer above was cut off by a technical fault. Go on with it exactly where it stops, in the middle of the sentence or word "
        + "if need be. Repeat nothing of it, and write nothing about the interruption.";

    // An estimate: there is no tokenizer here.
    private const int CharactersPerToken = 4;

    /// <summary>
    /// Whether the call's answer could be continued: one chat stream of free text. Several choices cannot be told apart afterwards, and
    /// another model cannot complete half a JSON object.
    /// </summary>
    public static bool IsPossible(ModelCall call) =>
        call.Envelope is { Stream: true, Operation: CallOperation.Chat }
        && call.Route!.Count > 1
        && call.Body.Streamed is null
        && call.Body.GetCanonical() is CanonicalChatRequest { Options: var options }
        && options.ResponseFormat is null or ChatResponseFormatText
        && options.AdditionalProperties?.ContainsKey("response_format") is not true
        && !AsksForSeveral(options);

    /// <summary>Calls the next healthy target, and the one after it if that fails.</summary>
    /// <param name="call">The call.</param>
    /// <param name="request">The client's own request.</param>
    /// <param name="said">The part of the answer that the client has received.</param>
    /// <param name="broken">How the answer broke off.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>The continuing stream; null if no target could continue.</returns>
    public async ValueTask<UpdatesResponse?> NextAsync(
        ModelCall call, CanonicalChatRequest request, string said, CallError broken, CallHandler next)
    {
        var from = call.Attempt!.Deployment;
        while (!call.Aborted.IsCancellationRequested && call.EndedWith is null && call.Elapsed < call.Snapshot.Clocks.Total)
        {
            if (Begin(call, from, broken) is not { } attempt)
                return null;
            foreach (var earlier in call.Attempts)
            {
                // What the client has received is a part of the next prompt, and of no earlier one.
                if (!ReferenceEquals(earlier, attempt))
                    earlier.RequestLength ??= call.Body.Length;
            }

            call.Body.Replace(Continued(request, said));
            try
            {
                var response = await AttemptRun.SendAsync(call, attempt, refusal: null, next).ConfigureAwait(false);
                if (response is UpdatesResponse { Error: null } updates)
                    return updates;
                await response.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A host's step threw. The client gets the error with which the answer broke off.
                attempt.Fail(new CallError(CallErrorKind.Internal, "The gateway failed to continue the answer.") { Cause = e });
            }
        }

        return null;
    }

    /// <summary>Admits an attempt at the best target that this call has not tried yet.</summary>
    private Attempt? Begin(ModelCall call, Deployment from, CallError broken)
    {
        var (route, now) = (call.Route!, call.Now);
        var tried = call.Attempts.Select(attempt => attempt.Deployment).ToHashSet();
        if (tried.Count > route.Rules.MaxFallbacks)
            return null;
        using var candidates = Candidates.Of(route, Ranking.FactsOf(call), seed: call.StartTimestamp, takesTurns: false);
        while (candidates.NextUntried() is >= 0 and var index)
        {
            ref var candidate = ref candidates.All[index];
            candidate.Tries++;
            if (tried.Contains(candidate.Deployment) || Admission.TryEnterNow(call, candidate.Deployment, now) is not { } admission)
                continue;
            log.Continuation(call, from, broken, candidate.Deployment);
            var mayBeFollowed = tried.Count < route.Rules.MaxFallbacks && route.Count - tried.Count > 1;
            return AttemptRun.Begin(call, candidate.Deployment, admission with { IsContinuation = true }, mayBeFollowed);
        }

        return null;
    }

    private static CanonicalChatRequest Continued(CanonicalChatRequest request, string said)
    {
        if (said.Length == 0)
            return request;
        var options = request.Options.Clone();
        if (options.MaxOutputTokens is { } most)
            options.MaxOutputTokens = Math.Max(1, most - (said.Length / CharactersPerToken));
        return new CanonicalChatRequest(
            [.. request.Messages, new(ChatRole.Assistant, said), new(ChatRole.User, Instruction)], options, request.Operation)
        {
            Stream = true,
            Raw = request.Raw,
        };
    }

    private static bool AsksForSeveral(ChatOptions options) =>
        options.AdditionalProperties?.TryGetValue("n", out var n) is true
        && n switch
        {
            JsonElement { ValueKind: JsonValueKind.Number } json => !json.TryGetInt32(out var many) || many > 1,
            int many => many > 1,
            _ => false,
        };
}

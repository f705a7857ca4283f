using Microsoft.Extensions.AI;
using Switchyard.Affinity;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Network;

namespace Switchyard.Guards;

/// <summary>Runs the guards on one call and keeps what they masked. Belongs to the call.</summary>
internal sealed class GuardedCall(ModelCall call, GuardLog log)
{
    public ModelCall Call => call;

    /// <summary>The texts that were masked.</summary>
    public Placeholders Placeholders { get; } = new();

    /// <summary>Runs the guards on the request and masks what they find.</summary>
    /// <returns>The reason for a refusal; null if the request is allowed.</returns>
    public async ValueTask<CallError?> AtRequestAsync(GuardRule[] rules)
    {
        if (!Array.Exists(rules, rule => rule.OnRequest))
            return null;
        if (CallOperations.IsForwardOnly(call.Envelope.Operation))
            return await AtForwardedAsync(Array.FindAll(rules, rule => rule.OnRequest)).ConfigureAwait(false);
        var written = call.Body.GetCanonical();
        var request = PlainValues.Made(written);
        if (!ReferenceEquals(request, written))
            call.Body.Replace(request);
        var texts = new GuardTexts();
        texts.Collecting().Walk(request);
        var asked = Array.FindAll(rules, rule => rule.OnRequest);
        var (changed, refused) = texts.Texts.Count > 0
            ? await AskAsync(asked, GuardSide.Request, texts).ConfigureAwait(false)
            : default;
        if (refused is not null)
            return refused;
        // If a member is repeated, the bytes have another reading; what the guards have read is sent.
        var hasOther = !changed && call.Body.Wire is { } wire && Array.Exists(asked, rule => rule.Enforces)
            && RepeatedMembers.Exist(wire.Memory.Span);
        if (!changed && !hasOther)
            return null;
        ConversationStart.Remember(call);
        call.Body.Replace(changed ? texts.Replacing().Walk(request) : request);
        return null;
    }

    /// <summary>The same for a request that is only forwarded: what is masked is replaced in its bytes.</summary>
    private async ValueTask<CallError?> AtForwardedAsync(GuardRule[] asked)
    {
        if (call.Body.Wire is not { } wire)
            return null;
        var found = ForwardedTexts.Of(wire.Memory.Span);
        if (found.Texts.Count == 0)
            return null;
        var texts = new GuardTexts();
        foreach (var text in found.Texts)
            texts.Add(text, isJson: false);
        var (changed, refused) = await AskAsync(asked, GuardSide.Request, texts).ConfigureAwait(false);
        if (refused is not null || !changed)
            return refused;
        var (body, envelope) = found.With(texts.Texts, wire.Memory.Span, call.Envelope);
        call.ReplaceRequest(envelope, call.Body.With(envelope, body));
        return null;
    }

    /// <summary>Runs the guards on a whole answer, masks what they find, and restores what was masked in the request.</summary>
    /// <returns>The answer to return, the same object if nothing changed; or the reason for a refusal.</returns>
    public async ValueTask<(ChatResponse Answer, CallError? Refused)> AtAnswerAsync(GuardRule[] rules, ChatResponse response)
    {
        var texts = new GuardTexts();
        texts.Collecting().Walk(response);
        var (changed, refused) = await AskAsync(rules, GuardSide.Answer, texts).ConfigureAwait(false);
        if (refused is not null)
            return (response, refused);
        if (changed)
            response = texts.Replacing().Walk(response);
        return (Placeholders.Restores ? new TextWalk(Placeholders.Restore).Walk(response) : response, null);
    }

    /// <summary>Runs each guard on the texts, which are masked in place.</summary>
    public async ValueTask<(bool Changed, CallError? Refused)> AskAsync(GuardRule[] rules, GuardSide side, GuardTexts texts)
    {
        var changed = false;
        foreach (var rule in rules)
        {
            GuardVerdict verdict;
            try
            {
                verdict = rule.Guard is ITextScanner scanner
                    ? Find(scanner, texts)
                    : await InspectAsync(rule, side, texts).ConfigureAwait(false);
            }
            catch (CallException refusal) when (rule.Enforces)
            {
                return (changed, refusal.Error with { Cause = null });
            }
            catch (Exception e) when (!call.Aborted.IsCancellationRequested)
            {
                log.Failed(call, rule, e);
                if (rule is { FailsClosed: true, Enforces: true })
                    return (changed, rule.Failure());
                verdict = GuardVerdict.Unseen;
            }

            if (rule.Enforces && ReferenceEquals(verdict, GuardVerdict.Unseen))
                call.Set(CallMarks.UncheckedBy, rule.Name);
            if (Act(rule, side, verdict, texts, isSilent: false, ref changed) is { } refused)
                return (changed, refused);
        }

        return (changed, null);
    }

    /// <summary>Runs the guards on a part of a streamed answer that arrived in one piece, and masks what they find.</summary>
    /// <param name="rules">The guards that scan text themselves.</param>
    /// <param name="content">The part.</param>
    /// <param name="isSilent">Whether their findings have been reported already.</param>
    public (AIContent Content, CallError? Refused) AtPart(GuardRule[] rules, AIContent content, bool isSilent)
    {
        var texts = new GuardTexts();
        texts.Collecting().Walk(content);
        var changed = false;
        foreach (var rule in rules)
        {
            if (Act(rule, GuardSide.Answer, Find((ITextScanner)rule.Guard, texts), texts, isSilent, ref changed) is { } refused)
                return (content, refused);
        }

        return (changed ? texts.Replacing().Walk(content) : content, null);
    }

    /// <summary>Reports what a guard found in a stream.</summary>
    public void Found(GuardRule rule, GuardVerdict verdict) => log.Found(call, rule, GuardSide.Answer, verdict);

    private static GuardVerdict Find(ITextScanner scanner, GuardTexts texts)
    {
        var matches = new List<GuardMatch>();
        scanner.Find(texts, matches);
        return scanner.VerdictOn(matches);
    }

    private async ValueTask<GuardVerdict> InspectAsync(GuardRule rule, GuardSide side, GuardTexts texts)
    {
        ServiceCheck.Policy.Value = call.Snapshot.Section(EgressGuard.Section);
        var subject = new GuardSubject(side, texts.Texts) { CallId = call.Id, Model = call.Envelope.Model, Tenant = call.Tenant };
        return await rule.Guard.InspectAsync(subject, call.Aborted).ConfigureAwait(false);
    }

    /// <summary>Reports what a guard found, and masks or refuses.</summary>
    private CallError? Act(GuardRule rule, GuardSide side, GuardVerdict verdict, GuardTexts texts, bool isSilent, ref bool changed)
    {
        if (verdict.Action == GuardAction.Pass)
            return null;
        if (!isSilent)
            log.Found(call, rule, side, verdict);
        if (!rule.Enforces)
            return null;
        if (verdict.Action == GuardAction.Block)
            return rule.Refusal(side, verdict.Matches);
        var masked = verdict.Matches.Where(match => match.Text >= 0 && match.Text < texts.Texts.Count).GroupBy(match => match.Text);
        foreach (var matches in masked)
        {
            var restores = rule.Restores && side == GuardSide.Request;
            texts.Texts[matches.Key] = Placeholders.Mask(texts.For(matches.Key, rule.Guard), matches, restores);
            changed = true;
        }

        return null;
    }
}

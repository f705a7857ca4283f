using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Network;

namespace Switchyard.Guards;

/// <summary>The guards' look at one call: what they are asked, what they say, and what was masked. Belongs to the call.</summary>
internal sealed class GuardLook(ModelCall call, GuardLog log)
{
    public ModelCall Call => call;

    /// <summary>What was masked.</summary>
    public Placeholders Placeholders { get; } = new();

    /// <summary>Looks at the request, and masks in it.</summary>
    /// <returns>Why it is refused; null where it is not.</returns>
    public async ValueTask<CallError?> AtRequestAsync(GuardRule[] rules)
    {
        if (!Array.Exists(rules, rule => rule.OnRequest))
            return null;
        var request = call.Body.GetCanonical();
        var texts = new List<string>();
        new TextWalk((text, _) => Keep(texts, text)).Walk(request);
        if (texts.Count == 0)
            return null;
        var asked = Array.FindAll(rules, rule => rule.OnRequest);
        var (changed, refused) = await AskAsync(asked, GuardSide.Request, texts).ConfigureAwait(false);
        if (refused is null && changed)
            call.Body.Replace(new TextWalk(Replacing(texts)).Walk(request));
        return refused;
    }

    /// <summary>Looks at a whole answer, masks in it, and puts back what was masked in the request.</summary>
    /// <returns>The answer to give, the same object where nothing has changed; or why it is refused.</returns>
    public async ValueTask<(ChatResponse Answer, CallError? Refused)> AtAnswerAsync(GuardRule[] rules, ChatResponse response)
    {
        var texts = new List<string>();
        new TextWalk((text, _) => Keep(texts, text)).Walk(response);
        var (changed, refused) = await AskAsync(rules, GuardSide.Answer, texts).ConfigureAwait(false);
        if (refused is not null)
            return (response, refused);
        if (changed)
            response = new TextWalk(Replacing(texts)).Walk(response);
        return (Placeholders.Restores ? new TextWalk(Placeholders.Restore).Walk(response) : response, null);
    }

    /// <summary>Asks each guard for texts, which are masked in place.</summary>
    public async ValueTask<(bool Changed, CallError? Refused)> AskAsync(GuardRule[] rules, GuardSide side, List<string> texts)
    {
        var changed = false;
        foreach (var rule in rules)
        {
            GuardVerdict verdict;
            try
            {
                ServiceCheck.Policy.Value = call.Snapshot.Section(EgressGuard.Section);
                verdict = await rule.Guard.InspectAsync(
                    new GuardSubject(side, texts) { CallId = call.Id, Model = call.Envelope.Model, Tenant = call.Tenant }, call.Aborted)
                    .ConfigureAwait(false);
            }
            catch (CallException refusal)
            {
                return (changed, refusal.Error with { Cause = null });
            }
            catch (Exception e) when (!call.Aborted.IsCancellationRequested)
            {
                log.Failed(call, rule, e);
                if (rule is { FailsClosed: true, Enforces: true })
                    return (changed, rule.Failure());
                continue;
            }

            if (Act(rule, side, verdict, texts, ref changed) is { } refused)
                return (changed, refused);
        }

        return (changed, null);
    }

    /// <summary>Says what a guard found, and does it.</summary>
    private CallError? Act(GuardRule rule, GuardSide side, GuardVerdict verdict, List<string> texts, ref bool changed)
    {
        if (verdict.Action == GuardAction.Pass)
            return null;
        log.Found(call, rule, side, verdict);
        if (!rule.Enforces)
            return null;
        if (verdict.Action == GuardAction.Block)
            return rule.Refusal(side, verdict.Matches);
        foreach (var matches in verdict.Matches.Where(match => match.Text >= 0 && match.Text < texts.Count).GroupBy(match => match.Text))
        {
            texts[matches.Key] = Placeholders.Mask(texts[matches.Key], matches, rule.Restores && side == GuardSide.Request);
            changed = true;
        }

        return null;
    }

    /// <summary>Says what a guard found in a stream.</summary>
    public void Found(GuardRule rule, GuardVerdict verdict) => log.Found(call, rule, GuardSide.Answer, verdict);

    private static string Keep(List<string> texts, string text)
    {
        texts.Add(text);
        return text;
    }

    /// <summary>Gives the texts out again in the order in which they were collected; one that is equal counts as unchanged.</summary>
    private static TextReplacement Replacing(List<string> texts)
    {
        var next = 0;
        return (text, _) => texts[next++] is var other && other == text ? text : other;
    }
}

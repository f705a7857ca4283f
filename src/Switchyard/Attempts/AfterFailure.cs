using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>The consequences of one candidate's failure, for it and for the other candidates.</summary>
internal static class AfterFailure
{
    /// <summary>Records a failure on its candidate.</summary>
    /// <returns>Whether anything is tried after it.</returns>
    public static bool Record(ModelCall call, CallError error, ref Candidate candidate, Candidates candidates)
    {
        var rules = call.Route!.Rules;
        var fault = Faults.Of(error);
        candidate.Tries++;
        if (!Faults.IsRetried(fault) || candidate.Tries > RetriesOf(call, fault, candidate.Deployment))
            candidate.Excluded = error.Kind == CallErrorKind.RateLimited ? Exclusion.LimitReached
                : error.Code == Admission.NoPlaceCode ? Exclusion.NoPlace
                : Exclusion.Failed;
        if (fault == FaultClass.ContextLength && rules.OnContextLength)
        {
            candidates.LeaveOutModel(candidate.Deployment, Exclusion.WindowTooSmall);
            candidates.KeepLargerWindows(candidate.Deployment);
        }
        else if (fault == FaultClass.ContentPolicy && rules.OnContentPolicy)
        {
            candidates.LeaveOutModel(candidate.Deployment, Exclusion.Failed);
        }

        return Faults.IsTriedElsewhere(fault) || fault switch
        {
            FaultClass.ContextLength => rules.OnContextLength,
            FaultClass.ContentPolicy => rules.OnContentPolicy,
            FaultClass.ModelNotFound => rules.OnModelNotFound,
            FaultClass.NotPermitted => true,
            _ => false,
        };
    }

    /// <summary>The most retries of a deployment after a failure of the class.</summary>
    public static int RetriesOf(ModelCall call, FaultClass fault, Deployment deployment)
    {
        // Sends a different request, rather than the same one again.
        if (fault == FaultClass.ForeignReasoning)
            return 1;
        return call.Wishes?.Retries ?? fault switch
        {
            FaultClass.RateLimit => call.Route!.Rules.Retries?.RateLimit,
            FaultClass.Timeout => call.Route!.Rules.Retries?.Timeout,
            _ => call.Route!.Rules.Retries?.Server,
        } ?? deployment.Policy.Attempts - 1;
    }
}

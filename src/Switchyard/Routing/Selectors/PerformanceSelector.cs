using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// The lowest recent latency first: of the first token for streams, of the whole answer otherwise, including failures. Deployments without
/// recent answers follow by priority; one call in twenty tries one of them first, because an untried deployment is never measured.
/// </summary>
internal sealed class PerformanceSelector : IDeploymentSelector
{
    public static readonly PerformanceSelector Instance = new();

    private const double Exploring = 0.05;

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var unmeasured = 0;
        foreach (ref var candidate in candidates)
        {
            var latency = candidate.Deployment.State.Latency(facts.Stream).ScoreAt(facts.Now);
            candidate.Score = latency ?? Candidate.Unknown - candidate.Deployment.Priority;
            unmeasured += latency is null ? 1 : 0;
        }

        if (unmeasured == 0 || unmeasured == candidates.Length || random.NextDouble() >= Exploring)
            return;
        var explored = random.Next(unmeasured);
        foreach (ref var candidate in candidates)
        {
            if (candidate.Score >= Candidate.Unknown / 2 && explored-- == 0)
                candidate.Score = -1;
        }
    }
}

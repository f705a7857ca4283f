using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The selected deployment first, then the others in configuration order.</summary>
/// <param name="selected"><c>provider/model</c>, or only a provider's name.</param>
internal sealed class ManualSelector(string? selected) : IDeploymentSelector
{
    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
            candidate.Score = IsSelected(candidate.Deployment) ? 0 : 1;
    }

    private bool IsSelected(Deployment deployment) => selected is not null
        && selected.StartsWith(deployment.Provider, StringComparison.OrdinalIgnoreCase)
        && (selected.Length == deployment.Provider.Length
            || (selected[deployment.Provider.Length] == '/'
                && selected.AsSpan(deployment.Provider.Length + 1).SequenceEqual(deployment.Model)));
}

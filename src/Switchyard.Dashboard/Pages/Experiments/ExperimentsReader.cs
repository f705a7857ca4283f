using Switchyard.Engine;
using Switchyard.Experiments;

namespace Switchyard.Dashboard.Pages.Experiments;

/// <summary>Reads what experiments and shadows have shown so far. Thread-safe.</summary>
internal sealed class ExperimentsReader(SwitchyardEngine engine)
{
    public IReadOnlyList<ExperimentResult> Read() =>
        [.. engine.Experiments.List().OrderBy(experiment => experiment.Name, StringComparer.Ordinal)];
}

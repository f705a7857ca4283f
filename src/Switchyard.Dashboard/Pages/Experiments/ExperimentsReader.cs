using Switchyard.Engine;
using Switchyard.Experiments;

namespace Switchyard.Dashboard.Pages.Experiments;

/// <summary>Reads the results of experiments and shadows so far. Thread-safe.</summary>
internal sealed class ExperimentsReader(SwitchyardEngine engine)
{
    public IReadOnlyList<ExperimentReading> Read() =>
    [
        .. engine.Experiments.List().OrderBy(experiment => experiment.Name, StringComparer.Ordinal)
            .Select(experiment => new ExperimentReading(experiment, engine.Experiments.GetCurve(experiment.Name) ?? [])),
    ];
}

/// <summary>An experiment or a shadow.</summary>
/// <param name="Result">Its result now.</param>
/// <param name="Curve">Its results at rising numbers of calls.</param>
internal sealed record ExperimentReading(ExperimentResult Result, IReadOnlyList<ExperimentStep> Curve);

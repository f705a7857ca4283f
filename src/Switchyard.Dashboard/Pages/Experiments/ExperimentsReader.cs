using Switchyard.Engine;
using Switchyard.Experiments;

namespace Switchyard.Dashboard.Pages.Experiments;

/// <summary>Reads what experiments and shadows have shown so far. Thread-safe.</summary>
internal sealed class ExperimentsReader(SwitchyardEngine engine)
{
    public IReadOnlyList<ExperimentReading> Read() =>
    [
        .. engine.Experiments.List().OrderBy(experiment => experiment.Name, StringComparer.Ordinal)
            .Select(experiment => new ExperimentReading(experiment, engine.Experiments.GetCurve(experiment.Name) ?? [])),
    ];
}

/// <summary>An experiment or a shadow.</summary>
/// <param name="Result">What it shows now.</param>
/// <param name="Curve">What it showed at rising numbers of calls.</param>
internal sealed record ExperimentReading(ExperimentResult Result, IReadOnlyList<ExperimentStep> Curve);

using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>The conventions and sets of names are ones there are.</summary>
internal sealed class TelemetryValidator : IConfigurationValidator
{
    private static readonly OptionShape Shape = OptionShape.Root.Find("telemetry")!.Shape;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var conventions = Shape.Find("semconv")!.KnownValues;
        if (!conventions.Contains(options.Telemetry.Semconv, StringComparer.Ordinal))
        {
            yield return new(
                Combine("telemetry", "semconv"),
                $"the conventions '{ValuePlaceholder}' are not available; there are: {string.Join(", ", conventions)}")
            {
                Value = options.Telemetry.Semconv,
            };
        }

        var sets = Shape.Find("names")!.KnownValues;
        for (var index = 0; index < options.Telemetry.Names.Count; index++)
        {
            if (!sets.Contains(options.Telemetry.Names[index].Trim(), StringComparer.Ordinal))
            {
                yield return new(
                    Combine("telemetry", "names", $"{index}"),
                    $"'{ValuePlaceholder}' is no set of names; there are: {string.Join(", ", sets)}")
                {
                    Value = options.Telemetry.Names[index],
                };
            }
        }
    }
}

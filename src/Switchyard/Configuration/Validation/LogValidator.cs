using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary><c>logs.format</c> is one of the formats there are.</summary>
internal sealed class LogValidator : IConfigurationValidator
{
    private static readonly IReadOnlyList<string> Formats = OptionShape.Root.Find("logs")!.Shape.Find("format")!.KnownValues;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (!Formats.Contains(options.Logs.Format, StringComparer.Ordinal))
        {
            yield return new(
                Combine("logs", "format"), $"the format '{ValuePlaceholder}' is not available; there are: {string.Join(", ", Formats)}")
            {
                Value = options.Logs.Format,
            };
        }
    }
}
